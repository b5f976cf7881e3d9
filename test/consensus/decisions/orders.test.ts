/** What any peer asks of whoever leads: a quorum that answers, another leader, other clocks. Over real meshes in this process. */
import { afterEach, expect, test, vi } from 'vitest'
import type { MemberId } from '../../../src/consensus/decisions/types.ts'
import { type Decider, DecidingRoom, until } from './support/deciding-room.ts'

vi.setConfig({ testTimeout: 30_000 }) // real clocks, and a machine that does other things

let room: DecidingRoom
afterEach(async () => {
  await room.close()
})

async function three(): Promise<{ leading: Decider; others: readonly Decider[] }> {
  room = new DecidingRoom()
  for (const name of ['ada', 'bob', 'cyd']) await room.join(name)
  await room.untilVoters(3)
  const { leading } = room
  if (!leading) throw new Error('nobody leads')
  return { leading, others: room.deciders.filter(one => one !== leading) }
}

const votersOf = ({ service }: Decider) =>
  service.view.members.filter(({ seat }) => seat === 'voter').map(({ member }) => member)
const membersAt = ({ service }: Decider): MemberId[] =>
  service.view.members.filter(({ isHostedHere }) => isHostedHere).map(({ member }) => member)

test('every peer hears who of the quorum answered', async () => {
  const { leading, others } = await three()
  for (const { service } of [leading, ...others]) {
    const verified = await service.register.verifyQuorum()
    expect(verified).toMatchObject({ voters: 3, needs: 2, tolerates: 1, leader: { host: leading.mesh.id }, silent: [] })
    expect([...verified.answered].sort()).toEqual(votersOf(leading).sort())
    expect(verified.index).toBeGreaterThan(0)
  }
})

test('a voter that is gone is told as silent, and the quorum stands', async () => {
  const { leading, others } = await three()
  const [bob, cyd] = others
  if (!bob || !cyd) throw new Error('three')
  room.crash(cyd)
  const gone = membersAt(cyd)
  await until(() => !leading.mesh.peers.some(({ id }) => id === cyd.mesh.id), 'the loss is known')
  const verified = await bob.service.register.verifyQuorum()
  expect(verified.silent).toHaveLength(1)
  expect(verified.silent).toEqual(votersOf(leading).filter(voter => !verified.answered.includes(voter)))
  expect(verified.answered).not.toContain(gone[0])
})

test('without a quorum it is refused, and who led leads no more', async () => {
  const { leading, others } = await three()
  for (const one of others) room.crash(one)
  await expect(leading.service.register.verifyQuorum()).rejects.toMatchObject({ code: 'no-quorum' })
  expect(leading.service.view.leader).toBeUndefined()
  const own = leading.service.view.members.find(({ isHostedHere }) => isHostedHere)
  expect(own?.role).not.toBe('leader')
})

test('any peer asks the leader to step down, and one of the others leads', async () => {
  const { leading, others } = await three()
  const { term } = leading.service.leader ?? { term: 0 }
  await others[0]?.service.register.stepDown()
  expect(others[0]?.service.leader?.term).toBeGreaterThan(term)
  await until(() => room.leading !== undefined && room.leading !== leading, 'everybody follows the other')
  await until(() => others[0]?.service.view.elections.at(-1)?.reason === 'handover', 'and knows why')
})

test('the one that is named takes over', async () => {
  const { leading, others } = await three()
  const [heir, asking] = others
  if (!heir || !asking) throw new Error('three')
  const [member] = membersAt(heir)
  await asking.service.register.stepDown(member)
  await until(() => room.leading === heir, 'the heir leads')
  expect(leading.service.leader?.member).toBe(member)
})

test('who is no voter cannot be named, and a lone voter has nobody to hand over to', async () => {
  const { others } = await three()
  const [asking] = others
  const nobody = 'nobody' as MemberId
  await expect(asking?.service.register.stepDown(nobody)).rejects.toMatchObject({ code: 'invalid-option' })
  const lone = new DecidingRoom()
  const { service } = await lone.join('lone')
  await until(() => service.leader !== undefined, 'it leads')
  await expect(service.register.stepDown()).rejects.toMatchObject({ message: 'No other voter can take over' })
  await lone.close()
})

test('other clocks reach the whole room at once, and who comes later', async () => {
  const { leading, others } = await three()
  expect(leading.service.view.timing).toEqual({ preset: 'lab', heartbeatMs: 50, electionMs: 150 })
  const told = await others[0]?.service.register.configure({ preset: 'internet' })
  expect(told).toEqual({ preset: 'internet', heartbeatMs: 250, electionMs: 1_500 })
  await until(() => room.deciders.every(({ service }) => service.view.timing.preset === 'internet'), 'all keep it')
  const dan = await room.join('dan')
  await until(() => dan.service.view.timing.preset === 'internet', 'and so does a newcomer')
  const { term } = leading.service.leader ?? {}
  await leading.service.register.set('calm', true)
  expect(leading.service.leader?.term).toBe(term) // nobody lost patience over it
  await others[0]?.service.register.configure({ preset: 'lab', electionMs: 300 })
  await until(() => room.deciders.every(({ service }) => service.view.timing.electionMs === 300), 'and back')
})

test('the next leader keeps what was chosen under the one before', async () => {
  const { leading, others } = await three()
  await leading.service.register.configure({ preset: 'lab', heartbeatMs: 40 })
  await leading.service.register.stepDown()
  await until(() => others.some(one => room.leading === one), 'another leads')
  expect(room.leading?.service.view.timing).toEqual({ preset: 'lab', heartbeatMs: 40, electionMs: 150 })
})

test.each<[string, object, RegExp]>([
  ['heartbeats as slow as elections', { heartbeatMs: 150 }, /twice heartbeatMs/],
  ['a time between two ticks', { heartbeatMs: 45 }, /multiples of tickMs/],
  ['a preset that is not', { preset: 'lightning' }, /preset|Invalid/],
  ['an hour', { electionMs: 3_600_000 }, /60,000/],
])('%s is refused, and nothing changes', async (_, change, message) => {
  room = new DecidingRoom()
  const { service } = await room.join('ada')
  await until(() => service.leader !== undefined, 'it leads')
  const before = service.view.timing
  const refusal = service.register.configure(change)
  await expect(refusal).rejects.toMatchObject({ code: 'invalid-option', message: expect.stringMatching(message) })
  expect(service.view.timing).toEqual(before)
})
