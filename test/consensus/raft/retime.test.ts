/** Other clocks for a machine that runs (retime.ts, M1 and M2), and for its driver. */
import { expect, test } from 'vitest'
import { Lone } from './support/lone.ts'

const T = 15 // electionTicks of preset `lab`
const slow = { tickMs: 50, heartbeatTicks: 5, electionTicks: 2 * T, snapshotRetryTicks: 400 }
const retime = (lone: Lone, clocks = slow) => lone.room.step(lone.self, { kind: 'retime', clocks })
const kinds = (effects: ReturnType<typeof retime>) =>
  effects.flatMap(effect => (effect.kind === 'send' ? [effect.message.kind] : []))

test('a leader says at once that its clocks are others (M2)', () => {
  const lone = new Lone({ preVote: false }).lead()
  expect(kinds(retime(lone))).toEqual(['heartbeat', 'heartbeat'])
})

test('a follower that was about to campaign waits anew, by the new clocks (M1)', () => {
  const lone = new Lone()
  lone.tick(lone.view.ticksToDeadline - 1)
  expect(kinds(retime(lone))).toEqual([])
  expect(lone.view.ticksToDeadline).toBeGreaterThanOrEqual(2 * T)
  expect(lone.tick(2 * T - 1)).toEqual([])
  expect(lone.tick(2 * T).some(({ kind }) => kind === 'vote-request')).toBe(true)
})

test('a leader without a quorum steps down by the new clocks', () => {
  const lone = new Lone({ preVote: false }).lead()
  retime(lone)
  lone.tick(2 * slow.electionTicks - 1)
  expect(lone.view.role).toBe('leader')
  lone.tick(1)
  expect(lone.view.role).toBe('follower')
})

test('term, vote and log are as they were', () => {
  const lone = new Lone({ preVote: false }).lead()
  lone.propose('x')
  const { term, votedFor, lastIndex, commit } = lone.view
  retime(lone)
  expect(lone.view).toMatchObject({ term, votedFor, lastIndex, commit })
})
