import { expect, test } from 'vitest'
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import {
  announceIntervalMs,
  announcementsPerWordMax,
  digestIntervalMs,
  protocolVersion,
} from '../../../src/mesh/limits.ts'
import { MembershipDriver, type MembershipWord } from '../../../src/mesh/membership/driver.ts'
import { presets } from '../../../src/mesh/presets.ts'
import { type Signed, signRecord } from '../../../src/mesh/signed.ts'
import { Turns } from '../../link/support/turns.ts'
import { freshKeys, type Keys } from '../support/keys.ts'

const [from, other] = ['neighbour', 'other neighbour'] as PeerId[] as [PeerId, PeerId]
const [early, late] = ['k000-aaaaaaaa', 'k001-aaaaaaaa'] as SessionId[] as [SessionId, SessionId]

function announcement(keys: Keys, sequence: number, session = early, more: object = {}): Promise<Signed> {
  const rest = { name: 'x', device: 'd', browser: 'b', capabilities: [], load: { slots: 0, busy: 0 }, links: [] }
  return signRecord(keys.signer, 'announcement', { version: protocolVersion, session, sequence, ...rest, ...more })
}

async function lab() {
  const keys = await freshKeys()
  const turns = new Turns(1)
  const log: string[] = []
  const told: { to: PeerId; word: MembershipWord }[] = []
  const counters: Record<string, number> = {}
  const answers = { isAlive: false, isHeard: false, pinged: [] as PeerId[] }
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
    random: turns.random,
    settings: presets.default,
    tell: (to, word) => told.push({ to, word: word as unknown as MembershipWord }),
    ping: (peer, timeoutMs) => {
      answers.pinged.push(peer)
      return new Promise(resolve =>
        turns.after(answers.isAlive ? 1 : timeoutMs, () => resolve(answers.isAlive ? 1 : undefined)),
      )
    },
    ask: () => Promise.resolve(undefined),
    closeLink: () => {},
    onQuiet: () => {},
    heardMs: () => (answers.isHeard ? turns.clock.monotonicMs() : Number.NEGATIVE_INFINITY),
    onJoined: member => log.push(`join ${member.announcement.session}`),
    onChanged: member => log.push(`${member.state} ${member.announcement.sequence}`),
    onDeparted: (_, reason) => log.push(reason),
    count: counter => {
      counters[counter] = (counters[counter] ?? 0) + 1
    },
  })
  const hear = (...announcements: Signed[]) => driver.receive({ kind: 'members', announcements }, from)
  for (const neighbour of [from, other]) await driver.linked(neighbour, early)
  told.length = 0
  return { keys, turns, log, told, counters, answers, driver, hear }
}

test('news goes on to the others, and old news no further', async () => {
  const { told, hear, log, turns } = await lab()
  const ada = await freshKeys()
  const [first, second] = [await announcement(ada, 1), await announcement(ada, 2)]
  await hear(first)
  await turns.run(100)
  await hear(first)
  await hear(second)
  await hear(first)
  await turns.run(200)
  expect(told).toEqual([
    { to: other, word: { kind: 'members', announcements: [first] } },
    { to: other, word: { kind: 'members', announcements: [second] } },
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
  const { driver, hear, log, told } = await lab()
  const ada = await freshKeys()
  const record = await announcement(ada, 1, late)
  await hear(await announcement(ada, 5))
  await hear(record)
  expect(log).toEqual([`join ${early}`, 'replaced', `join ${late}`])
  told.length = 0
  await driver.linked(ada.id, early)
  expect(told.flatMap(({ word }) => (word.kind === 'members' ? word.announcements : []))).toContainEqual(record)
})

test('a large room is introduced in words that each fit a message, this peer among them', async () => {
  const { driver, hear, keys, told } = await lab()
  const others = await Promise.all(Array.from({ length: 2 * announcementsPerWordMax }, () => freshKeys()))
  await hear(...(await Promise.all(others.map(other => announcement(other, 1)))))
  told.length = 0
  await driver.linked('newcomer' as PeerId, early)
  const lists = told.map(({ word }) => (word.kind === 'members' ? word.announcements.map(({ by }) => by) : []))
  expect(lists.map(list => list.length)).toEqual([announcementsPerWordMax, announcementsPerWordMax, 1])
  expect(new Set(lists.flat())).toEqual(new Set([keys.id, ...others.map(other => other.id)]))
})

test('changes are announced together, once to each neighbour', async () => {
  const { driver, turns, told } = await lab()
  for (let at = 0; at < 10; at++) driver.changed()
  await turns.run(announceIntervalMs)
  await expect
    .poll(async () => {
      await turns.run(turns.clock.monotonicMs() + announceIntervalMs) // signing takes time that no clock of ours counts
      return told.length
    })
    .toBe(2)
  expect(told.map(({ to }) => to)).toEqual([from, other])
  driver.close()
  await turns.run()
})

test('lists are compared now and then: equal ones cost a digest, and of others only what differs is told', async () => {
  const [one, two] = [await lab(), await lab()]
  const [ada, bob] = [await freshKeys(), await freshKeys()]
  const [ofAda, ofBob] = [await announcement(ada, 1), await announcement(bob, 7)]
  await one.hear(ofAda, ofBob)
  await two.hear(ofAda, await announcement(bob, 6))
  await one.turns.run(digestIntervalMs)
  const [digest] = one.told.filter(({ word }) => word.kind === 'digest')
  await one.driver.receive(digest?.word, other)
  expect(one.told.filter(({ word }) => word.kind === 'lines')).toEqual([]) // its own sums are equal
  await two.driver.receive(digest?.word, other)
  const [lines] = two.told.filter(({ word }) => word.kind === 'lines')
  one.told.length = 0
  await one.driver.receive(lines?.word, other)
  const told = one.told.flatMap(({ word }) => (word.kind === 'members' ? word.announcements : []))
  expect(told).toContainEqual(ofBob)
  expect(told).not.toContainEqual(ofAda)
})

test('who missed a goodbye is told of it when lists are compared', async () => {
  const { driver, hear, told } = await lab()
  const ada = await freshKeys()
  await hear(await announcement(ada, 1))
  const record = await signRecord(ada.signer, 'goodbye', { session: early, reason: 'closed' })
  await driver.receiveGoodbye(record)
  told.length = 0
  await driver.receive({ kind: 'lines', parts: [0], lines: [[ada.id, early, 1]] }, from)
  expect(told).toContainEqual({ to: from, word: { kind: 'goodbye', record } })
})

test('a member whose link closed is asked, and given up only if it does not answer', async () => {
  for (const isAlive of [true, false]) {
    const { driver, turns, hear, log, answers, told } = await lab()
    answers.isAlive = isAlive
    const ada = await freshKeys()
    await hear(await announcement(ada, 1))
    driver.hint(ada.id, early)
    await turns.run(presets.default.timeoutMs + 2 * presets.default.probeMs)
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
  expect(log.slice(1)).toEqual([])
  expect(answers.pinged).toContain(ada.id)
  answers.isHeard = false
  await driver.receive({ kind: 'verdict', record }, from)
  expect(log.at(-1)).toBe('crashed')
})

test('who is given up by others announces itself above what they knew', async () => {
  const { driver, keys, told, turns } = await lab()
  const bob = await freshKeys()
  const record = await signRecord(bob.signer, 'verdict', { peer: keys.id, session: early, sequence: 41 })
  await driver.receive({ kind: 'verdict', record }, from)
  await expect
    .poll(async () => {
      await turns.run(turns.clock.monotonicMs() + 1_000)
      return told.length
    })
    .toBeGreaterThan(0)
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

test('who is asked about a session it gave up says that it found it silent, and of one it never knew nothing', async () => {
  const { driver, hear } = await lab()
  const ada = await freshKeys()
  await hear(await announcement(ada, 1))
  driver.isGone(ada.id, late)
  driver.isGone(ada.id, early)
  expect(await driver.asked(from, { peer: ada.id, session: early })).toBe(false)
  expect(await driver.asked(from, { peer: ada.id, session: 'k999-cccccccc' })).toBeUndefined()
})
