import { expect, test } from 'vitest'
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import {
  announceIntervalMs,
  announcementsPerWordMax,
  announceRefreshMs,
  announceStaleMs,
  probeTimeoutsMs,
  protocolVersion,
} from '../../../src/mesh/limits.ts'
import { MembershipDriver, type MembershipWord } from '../../../src/mesh/membership/driver.ts'
import { type Signed, signRecord } from '../../../src/mesh/signed.ts'
import { Turns } from '../../link/support/turns.ts'
import { freshKeys, type Keys } from '../support/keys.ts'

const from = 'neighbour' as PeerId
const [early, late] = ['k000-aaaaaaaa', 'k001-aaaaaaaa'] as SessionId[] as [SessionId, SessionId]

function announcement(keys: Keys, sequence: number, session = early, more: object = {}): Promise<Signed> {
  const rest = { name: 'x', device: 'd', browser: 'b', capabilities: [], load: { slots: 0, busy: 0 }, links: [] }
  return signRecord(keys.signer, 'announcement', { version: protocolVersion, session, sequence, ...rest, ...more })
}

async function lab() {
  const keys = await freshKeys()
  const turns = new Turns(1)
  const log: string[] = []
  const told: { word: MembershipWord; except: PeerId | undefined }[] = []
  const counters: Record<string, number> = {}
  const answers = { isAlive: false, pings: 0, isHeard: false }
  const driver = new MembershipDriver({
    clock: turns.clock,
    signer: keys.signer,
    session: early,
    describe: () => ({
      name: 'me',
      device: 'd',
      browser: 'b',
      capabilities: [],
      load: { slots: 0, busy: 0 },
      links: [],
    }),
    tellNeighbours: (word, except) => told.push({ word: word as unknown as MembershipWord, except }),
    ping: (_, timeoutMs) => {
      answers.pings++
      return new Promise(resolve => turns.after(answers.isAlive ? 1 : timeoutMs, () => resolve(answers.isAlive)))
    },
    isHeard: () => answers.isHeard,
    onJoined: member => log.push(`join ${member.announcement.session}`),
    onChanged: member => log.push(`${member.state} ${member.announcement.sequence}`),
    onDeparted: (_, reason) => log.push(reason),
    count: counter => {
      counters[counter] = (counters[counter] ?? 0) + 1
    },
  })
  const hear = (...announcements: Signed[]) => driver.receive({ kind: 'members', announcements }, from)
  return { keys, turns, log, told, counters, answers, driver, hear }
}

test('news goes on to the others, and old news no further', async () => {
  const { told, hear, log } = await lab()
  const ada = await freshKeys()
  const [first, second] = [await announcement(ada, 1), await announcement(ada, 2)]
  await hear(first)
  await hear(first)
  await hear(second)
  await hear(first)
  expect(told).toEqual([
    { word: { kind: 'members', announcements: [first] }, except: from },
    { word: { kind: 'members', announcements: [second] }, except: from },
  ])
  expect(log).toEqual([`join ${early}`, 'alive 2'])
})

test('what is forged, of another version or of no form is dropped and counted, and the rest of the word is heard', async () => {
  const { hear, driver, counters, log } = await lab()
  const [ada, eve] = [await freshKeys(), await freshKeys()]
  const genuine = await announcement(ada, 1)
  await hear(
    { ...(await announcement(eve, 1)), by: ada.id },
    await announcement(eve, 1, early, { version: protocolVersion + 1 }),
    await announcement(eve, 1, early, { name: 'x'.repeat(1_000) }),
    await announcement(eve, 1, 'no session' as SessionId),
    genuine,
  )
  for (const word of [null, 'hello', { kind: 'members' }, { kind: 'coup' }, { kind: 'goodbye', record: genuine }])
    await driver.receive(word, from)
  expect(log).toEqual([`join ${early}`])
  expect(counters).toEqual({ 'dropped.signature': 4, 'dropped.version': 1, 'dropped.malformed': 4 })
})

test('a later session replaces the former, and is what new neighbours are told', async () => {
  const { driver, hear, log } = await lab()
  const ada = await freshKeys()
  const record = await announcement(ada, 1, late)
  await hear(await announcement(ada, 5))
  await hear(record)
  expect(log).toEqual([`join ${early}`, 'replaced', `join ${late}`])
  const words = await driver.introduction()
  expect(words.flatMap(word => (word.kind === 'members' ? word.announcements : []))).toContainEqual(record)
})

test('a large room is introduced in words that each fit a message, this peer among them', async () => {
  const { driver, hear, keys } = await lab()
  const others = await Promise.all(Array.from({ length: 2 * announcementsPerWordMax }, () => freshKeys()))
  await hear(...(await Promise.all(others.map(other => announcement(other, 1)))))
  const words = await driver.introduction()
  const lists = words.map(word => (word.kind === 'members' ? word.announcements.map(({ by }) => by) : []))
  expect(lists.map(list => list.length)).toEqual([announcementsPerWordMax, announcementsPerWordMax, 1])
  expect(new Set(lists.flat())).toEqual(new Set([keys.id, ...others.map(other => other.id)]))
})

test('changes are announced together, and without any this peer still announces itself', async () => {
  const { driver, turns, told } = await lab()
  for (let at = 0; at < 10; at++) driver.changed()
  await turns.run(announceIntervalMs)
  await expect.poll(() => told.length).toBe(1) // signing takes time that no clock of ours counts
  await turns.run(announceRefreshMs)
  await expect.poll(() => told.length).toBe(2)
  driver.close()
  await turns.run()
})

test('a member whose announcements stop coming is asked, and given up only if it does not answer', async () => {
  const probeMs = probeTimeoutsMs.reduce((sum, timeoutMs) => sum + timeoutMs)
  for (const isAlive of [true, false]) {
    const { driver, turns, hear, log, answers, told } = await lab()
    answers.isAlive = isAlive
    await hear(await announcement(await freshKeys(), 1))
    await turns.run(announceStaleMs)
    expect(answers.pings).toBe(0)
    await turns.run(announceStaleMs + announceRefreshMs + probeMs + 1)
    expect(answers.pings).toBe(isAlive ? 1 : probeTimeoutsMs.length)
    expect(log.slice(1)).toEqual(isAlive ? ['suspect 1', 'alive 1'] : ['suspect 1', 'crashed'])
    await expect.poll(() => told.some(({ word }) => word.kind === 'verdict')).toBe(!isAlive)
    driver.close()
    await turns.run()
  }
})

test('a verdict about a peer we hear starts a question, not a departure', async () => {
  const { driver, hear, log, answers, turns } = await lab()
  const [ada, bob] = [await freshKeys(), await freshKeys()]
  await hear(await announcement(ada, 1))
  answers.isHeard = true
  answers.isAlive = true
  const record = await signRecord(bob.signer, 'verdict', { peer: ada.id, session: early, sequence: 1 })
  await driver.receive({ kind: 'verdict', record }, from)
  await turns.run(100)
  expect(log.slice(1)).toEqual(['suspect 1', 'alive 1'])
  answers.isHeard = false
  await driver.receive({ kind: 'verdict', record }, from)
  expect(log.at(-1)).toBe('crashed')
})

test('who is given up by others announces itself above what they knew', async () => {
  const { driver, keys, told } = await lab()
  const bob = await freshKeys()
  const record = await signRecord(bob.signer, 'verdict', { peer: keys.id, session: early, sequence: 41 })
  await driver.receive({ kind: 'verdict', record }, from)
  await expect.poll(() => told.length).toBe(1)
  const [word] = told.map(each => each.word)
  const sequences =
    word?.kind === 'members' ? word.announcements.map(({ json }) => JSON.parse(json).sequence as number) : []
  expect(Math.min(...sequences)).toBeGreaterThan(41)
})

test('after this peer has left nobody is given up by it, whatever its links do', async () => {
  const { driver, hear, log, turns } = await lab()
  const ada = await freshKeys()
  await hear(await announcement(ada, 1))
  driver.close()
  driver.hint(ada.id, early)
  await turns.run()
  expect(log).toEqual([`join ${early}`])
})
