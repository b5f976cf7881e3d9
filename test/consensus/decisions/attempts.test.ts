/** How long somebody waits who keeps no copy, while the leader does not answer: a busy one is waited for, a silent one is not. */
import { expect, test } from 'vitest'
import { MeshError } from '../../../src/base/errors.ts'
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import { Attempts, type ClientOptions } from '../../../src/consensus/decisions/attempts.ts'
import { Council } from '../../../src/consensus/decisions/council.ts'
import { commandAnswerSchema, type PeerState, topics } from '../../../src/consensus/decisions/wire.ts'
import type { MemberId } from '../../../src/consensus/raft/messages.ts'
import type { PeerInfo } from '../../../src/mesh/types.ts'
import { Turns } from '../../link/support/turns.ts'

const [bob, session] = ['bob' as PeerId, 'bobs' as SessionId]
const [leader, generation, term] = ['led' as MemberId, 'one', 3]
const done = { kind: 'done', outcome: { kind: 'executed', result: null }, index: 9, term }

/** Asks until it is answered or refused; bob answers a command `commandMs` after it came, and what he knows at once. */
async function asked(commandMs: number, state: (nowMs: number) => PeerState['leader'] | 'silent') {
  const turns = new Turns(1)
  const { clock } = turns
  const council = new Council(clock, { peer: 'ada' as PeerId, session: 'adas' as SessionId, browser: 'b' })
  council.follow({ id: generation, bornAtMs: 1, decided: 0 })
  council.toldRoster({ voters: [leader], outgoing: [], learners: [], asOf: 1 }, bob)
  council.peerIsHere({ id: bob, session } as PeerInfo)
  council.table.add({ member: leader, generation, epoch: 1, peer: bob, session, signed: {} as never })
  council.toldLeader(leader, term)
  const roster = { voters: [leader], outgoing: [], learners: [], asOf: 1 }
  const request: ClientOptions['mesh']['request'] = (_to, topic, _payload, options) =>
    new Promise((resolve, reject) => {
      const fail = () => reject(new MeshError('timeout', 'no answer'))
      options?.signal?.addEventListener('abort', fail)
      clock.after(options?.timeoutMs ?? 0, fail)
      if (topic === topics.command) return void clock.after(commandMs, () => resolve(done))
      clock.after(10, () => {
        const told = state(clock.monotonicMs())
        if (told !== 'silent') resolve({ generation: null, roster, leader: told, records: [] })
      })
    })
  let error: MeshError | undefined
  const fail = (reason: MeshError) => {
    error ??= reason
  }
  const waiter = {
    isSent: false,
    fail,
    get isOver() {
      return error !== undefined
    },
  }
  const options = { clock, council, mesh: { request }, self: council.self.peer, desk: {} as never }
  const attempts = new Attempts({ ...options, seekLeader: () => {}, count: () => {} }, [waiter])
  let endedAtMs: number | undefined
  let isAnswered = false
  const trying = async () => {
    while (!isAnswered && attempts.goOn()) {
      isAnswered = (await attempts.ask(topics.command, commandAnswerSchema, {})) !== undefined
      if (!isAnswered) await attempts.pause()
    }
    endedAtMs = clock.monotonicMs()
  }
  void trying()
  await turns.run(10_000)
  return { isAnswered, code: error?.code, endedAtMs, leader: council.leader?.member }
}

test('a leader that answers nothing is given up within a second', async () => {
  const outcome = await asked(Number.POSITIVE_INFINITY, () => 'silent')
  expect(outcome).toMatchObject({ isAnswered: false, code: 'no-quorum' })
  expect(outcome.endedAtMs).toBeLessThanOrEqual(1_000)
})

test('one that answers something small is busy: it still leads, and is asked again', async () => {
  let isBusyUntilMs = 3_000
  const outcome = await asked(950, nowMs => (nowMs < isBusyUntilMs ? { member: leader, term } : 'silent'))
  expect(outcome.code).toBe('no-quorum') // 950 ms are too long for one attempt, and at last it is silent
  expect(outcome.endedAtMs).toBeGreaterThan(2_500)
  isBusyUntilMs = Number.POSITIVE_INFINITY
  expect(await asked(850, () => ({ member: leader, term }))).toMatchObject({ isAnswered: true, leader })
  expect(await asked(950, () => ({ member: leader, term }))).toMatchObject({ code: undefined, leader })
})

test.each([
  ['leads no more', null],
  ['leads in another term', { member: leader, term: term + 1 }],
  ['follows another', { member: 'x' as MemberId, term }],
])('one that says that it %s is not waited for', async (_what, told) => {
  const outcome = await asked(Number.POSITIVE_INFINITY, () => told)
  expect(outcome.code).toBe('no-quorum')
  expect(outcome.endedAtMs).toBeLessThanOrEqual(1_000)
})
