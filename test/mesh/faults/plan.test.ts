import { describe, expect, test } from 'vitest'
import type { PeerId } from '../../../src/base/ids.ts'
import { conditionOf, fatesOf, isPaused, mayLink } from '../../../src/mesh/faults/condition.ts'
import { emptyPlan, type FaultPlan } from '../../../src/mesh/faults/state.ts'
import { nextEndMs, step } from '../../../src/mesh/faults/step.ts'
import type { FaultCommand } from '../../../src/mesh/faults/types.ts'
import { faultsMax, reorderHoldMsMax } from '../../../src/mesh/limits.ts'
import { seededRandom } from '../../link/support/turns.ts'

const [ada, bob, cyd, dee, eve] = ['ada', 'bob', 'cyd', 'dee', 'eve'] as [PeerId, PeerId, PeerId, PeerId, PeerId]

function begin(plan: FaultPlan, id: string, command: FaultCommand, more: { room?: true; forMs?: number } = {}) {
  const scope = more.room ? 'room' : 'own'
  return step(plan, { kind: 'begin', id, by: ada, scope, command, forMs: more.forMs, nowMs: 1_000 })
}

/** Who cannot hear whom, as `ada>bob`, when each has its part of a fault for the room. */
function deaf(command: FaultCommand, everybody: readonly PeerId[]): string[] {
  const plans = new Map(everybody.map(peer => [peer, emptyPlan(peer)]))
  for (const plan of plans.values()) begin(plan, 'f', command, { room: true })
  const isCut = (at: PeerId, to: PeerId, way: 'out' | 'in') => conditionOf(plans.get(at) as FaultPlan, to, way).isCut
  return everybody.flatMap(from =>
    everybody.filter(to => to !== from && (isCut(from, to, 'out') || isCut(to, from, 'in'))).map(to => `${from}>${to}`),
  )
}

const room = [ada, bob, cyd, dee]
const cut = { kind: 'cut', direction: 'both' } as const

describe('a fault of one’s own', () => {
  test('is at the links that it names, in its direction', () => {
    const plan = emptyPlan(ada)
    begin(plan, 'f', { ...cut, peers: [bob], direction: 'in' })
    expect(conditionOf(plan, bob, 'in').isCut).toBe(true)
    expect(conditionOf(plan, bob, 'out').isCut).toBe(false)
    expect(conditionOf(plan, cyd, 'in').isCut).toBe(false)
    expect(mayLink(plan, bob)).toBe(false) // a link needs both ways
    expect(mayLink(plan, cyd)).toBe(true)
  })

  test('at all links is at those of newcomers too', () => {
    const plan = emptyPlan(ada)
    begin(plan, 'f', { ...cut, peers: 'all' })
    expect([bob, eve].map(peer => mayLink(plan, peer))).toEqual([false, false])
  })

  test('adds to others: delays are summed, shares are chances of at least one', () => {
    const plan = emptyPlan(ada)
    begin(plan, '1', { kind: 'delay', ms: 100, jitterMs: 10, peers: 'all', direction: 'both' })
    begin(plan, '2', { kind: 'delay', ms: 50, jitterMs: 0, peers: [bob], direction: 'out' })
    begin(plan, '3', { kind: 'loss', share: 0.5, peers: 'all', direction: 'both' })
    begin(plan, '4', { kind: 'loss', share: 0.5, peers: [bob], direction: 'both' })
    expect(conditionOf(plan, bob, 'out')).toMatchObject({ delayMs: 150, jitterMs: 10, loss: 0.75 })
    expect(conditionOf(plan, bob, 'in')).toMatchObject({ delayMs: 100, loss: 0.75 })
    expect(conditionOf(plan, cyd, 'out')).toMatchObject({ delayMs: 100, loss: 0.5 })
  })

  test('ends when it is healed, by its id, by its peer, or with all others', () => {
    const plan = emptyPlan(ada)
    begin(plan, '1', { ...cut, peers: [bob, cyd] })
    begin(plan, '2', { ...cut, peers: [bob] })
    begin(plan, '3', { ...cut, peers: 'all' })
    expect(step(plan, { kind: 'heal', peer: bob }).map(({ kind }) => kind)).toEqual(['changed', 'ended'])
    expect([...plan.faults.keys()]).toEqual(['1', '3']) // what is meant for all links stays
    step(plan, { kind: 'heal', id: '3' })
    expect([bob, cyd].map(peer => mayLink(plan, peer))).toEqual([true, false])
    step(plan, { kind: 'heal' })
    expect(plan.faults.size).toBe(0)
  })

  test('ends by itself when its time is over, and not before', () => {
    const plan = emptyPlan(ada)
    begin(plan, '1', { ...cut, peers: [bob] }, { forMs: 500 })
    begin(plan, '2', { ...cut, peers: [cyd] })
    expect(nextEndMs(plan)).toBe(1_500)
    expect(step(plan, { kind: 'tick', nowMs: 1_499 })).toEqual([])
    expect(step(plan, { kind: 'tick', nowMs: 1_500 })).toMatchObject([{ kind: 'ended', reason: 'over' }])
    expect(nextEndMs(plan)).toBeUndefined()
  })

  test('acts once however often it comes, and not at all beyond the limit', () => {
    const plan = emptyPlan(ada)
    begin(plan, 'f', { ...cut, peers: [bob] })
    expect(begin(plan, 'f', { ...cut, peers: [cyd] })).toEqual([{ kind: 'refused', reason: 'known' }])
    for (let id = 1; id < faultsMax; id++) begin(plan, `${id}`, { ...cut, peers: [bob] })
    expect(begin(plan, 'one more', { ...cut, peers: [bob] })).toEqual([{ kind: 'refused', reason: 'too-many' }])
  })
})

describe('a fault of the room', () => {
  test.each<[string, FaultCommand, string[]]>([
    ['cut from all', { ...cut, peers: [bob] }, ['ada>bob', 'bob>ada', 'bob>cyd', 'bob>dee', 'cyd>bob', 'dee>bob']],
    ['heard by nobody', { ...cut, peers: [bob], direction: 'out' }, ['bob>ada', 'bob>cyd', 'bob>dee']],
    ['hearing nobody', { ...cut, peers: [bob], direction: 'in' }, ['ada>bob', 'cyd>bob', 'dee>bob']],
    [
      'parted in halves',
      {
        kind: 'partition',
        groups: [
          [ada, bob],
          [cyd, dee],
        ],
      },
      ['ada>cyd', 'ada>dee', 'bob>cyd', 'bob>dee', 'cyd>ada', 'cyd>bob', 'dee>ada', 'dee>bob'],
    ],
    [
      'one parted from whoever else there is',
      { kind: 'partition', groups: [[], [dee]] },
      ['ada>dee', 'bob>dee', 'cyd>dee', 'dee>ada', 'dee>bob', 'dee>cyd'],
    ],
  ])('has them %s', (_, command, expected) => expect(deaf(command, room).sort()).toEqual([...expected].sort()))

  test('parts a newcomer, who heard of nothing, from the second group', () => {
    const [inFirst, inSecond] = [emptyPlan(ada), emptyPlan(cyd)]
    const command: FaultCommand = {
      kind: 'partition',
      groups: [
        [ada, bob],
        [cyd, dee],
      ],
    }
    for (const plan of [inFirst, inSecond]) begin(plan, 'f', command, { room: true })
    expect([mayLink(inFirst, eve), mayLink(inSecond, eve)]).toEqual([true, false])
  })

  test.each<['both' | 'out' | 'in', string[]]>([
    ['both', ['ada>bob', 'bob>ada', 'bob>cyd', 'bob>dee', 'cyd>bob', 'dee>bob']],
    ['out', ['bob>ada', 'bob>cyd', 'bob>dee']],
    ['in', ['ada>bob', 'cyd>bob', 'dee>bob']],
  ])('that loses messages (%s) loses each once, at its sender', (direction, expected) => {
    const lossy = room.flatMap(from => {
      const plan = emptyPlan(from)
      begin(plan, 'f', { kind: 'loss', share: 0.3, peers: [bob], direction }, { room: true })
      expect(room.map(to => conditionOf(plan, to, 'in').loss)).toEqual([0, 0, 0, 0])
      return room.filter(to => to !== from && conditionOf(plan, to, 'out').loss > 0).map(to => `${from}>${to}`)
    })
    expect(lossy.sort()).toEqual([...expected].sort())
  })

  test('freezes whom it names, and is known to the others', () => {
    const plans = room.map(emptyPlan)
    for (const plan of plans) begin(plan, 'f', { kind: 'pause', peers: [cyd] }, { room: true })
    expect(plans.map(isPaused)).toEqual([false, false, true, false])
    expect(plans.map(plan => plan.faults.size)).toEqual([1, 1, 1, 1])
    expect(room.map(peer => mayLink(plans[2] as FaultPlan, peer))).toEqual([false, false, false, false])
  })

  test('is not healed by asking for one peer', () => {
    const plan = emptyPlan(ada)
    begin(plan, 'f', { ...cut, peers: [bob] }, { room: true })
    expect(step(plan, { kind: 'heal', peer: bob })).toEqual([])
  })
})

describe('what becomes of a frame', () => {
  const whole = { isCut: false, delayMs: 0, jitterMs: 0, loss: 0, duplicate: 0, reorder: 0 }
  const frames = 10_000
  const all = (condition: Partial<typeof whole>) => {
    const random = seededRandom(7)
    return Array.from({ length: frames }, () => fatesOf({ ...whole, ...condition }, random))
  }

  test('without a fault it goes at once', () => expect(new Set(all({}).map(String))).toEqual(new Set(['0'])))

  test.each([0.1, 0.3, 1])('a share of %d is lost', share => {
    const lost = all({ loss: share }).filter(copies => copies.length === 0).length
    expect(Math.abs(lost / frames - share)).toBeLessThan(0.02)
  })

  test('a share is doubled, a share held back for a bounded time', () => {
    const fates = all({ duplicate: 0.2, reorder: 0.4 })
    expect(Math.abs(fates.filter(copies => copies.length === 2).length / frames - 0.2)).toBeLessThan(0.02)
    const holds = fates.flat()
    expect(Math.abs(holds.filter(holdMs => holdMs > 0).length / holds.length - 0.4)).toBeLessThan(0.02)
    expect(Math.max(...holds)).toBeLessThanOrEqual(reorderHoldMsMax)
  })
})
