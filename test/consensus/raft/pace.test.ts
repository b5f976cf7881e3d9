/** How fast Raft's clocks run: by the network, by the machine, and slower when nothing happens. */
import { describe, expect, test } from 'vitest'
import {
  LATENESS_KEPT,
  LATENESS_KEPT_MS,
  PACE_MAX,
  REST_AFTER_MS,
  STRETCH_MAX,
} from '../../../src/consensus/raft/limits.ts'
import { Pace } from '../../../src/consensus/raft/pace.ts'

const lab = { heartbeatMs: 50, electionMs: 150 }
const auto = () => new Pace({ ...lab, isAuto: true })

describe('the pace of a follower', () => {
  test.each<[rttMs: number, lateMs: number, pace: number]>([
    [1, 0, 1],
    [15, 0, 1],
    [100, 0, 7],
    [1_000, 0, STRETCH_MAX],
    [1, 37, 1],
    [1, 100, 3],
    [1, 5_000, STRETCH_MAX],
  ])('with a round trip of %i ms and ticks late by %i ms is %i', (rttMs, lateMs, expected) => {
    const pace = auto()
    pace.measured(rttMs)
    for (let tick = 0; tick < LATENESS_KEPT; tick++) pace.late(lateMs, 0)
    expect(pace.own(0)).toBe(expected)
  })

  test('is not changed by one late tick among a few', () => {
    const pace = auto()
    for (const lateMs of [0, 5_000, 0]) pace.late(lateMs, 0)
    expect(pace.own(0)).toBe(1)
  })

  test('is the preset’s again some time after the machine was slow', () => {
    const pace = auto()
    pace.late(5_000, 0)
    expect(pace.own(0)).toBe(STRETCH_MAX)
    pace.late(0, LATENESS_KEPT_MS + 1)
    expect(pace.own(LATENESS_KEPT_MS + 1)).toBe(1)
  })

  test('is that of its leader where that is slower, never faster than its own', () => {
    const pace = auto()
    pace.role(false, true, 0)
    pace.heard(20)
    expect(pace.own(0)).toBe(20)
    pace.measured(100)
    pace.heard(1)
    expect(pace.own(0)).toBe(7)
    pace.heard(1_000_000)
    expect(pace.own(0)).toBe(PACE_MAX)
  })

  test('is its own again when it has work, or no leader', () => {
    const pace = auto()
    pace.role(false, true, 0)
    pace.heard(20)
    pace.worked(5)
    expect(pace.own(5)).toBe(1)
    pace.heard(20)
    pace.role(false, false, 10)
    expect(pace.own(10)).toBe(1)
  })

  test('stays as the preset says where it is not to follow what is measured', () => {
    const pace = new Pace({ ...lab, isAuto: false })
    pace.measured(500)
    pace.late(500, 0)
    expect(pace.own(0)).toBe(1)
  })
})

describe('the pace of a leader', () => {
  function leader(): Pace {
    const pace = auto()
    pace.role(true, true, 0)
    return pace
  }

  test('is told before it is kept: its followers slow down first', () => {
    const pace = leader()
    pace.rest(true, REST_AFTER_MS - 1)
    expect(pace.said()).toBe(1)
    pace.rest(true, REST_AFTER_MS)
    expect([pace.said(), pace.own(REST_AFTER_MS)]).toEqual([20, 1])
    const settledMs = REST_AFTER_MS + lab.electionMs
    expect([pace.own(settledMs - 1), pace.own(settledMs)]).toEqual([1, 20])
  })

  test.each([
    { name: 'a slow network', heartbeatMs: 50, rttMs: 1_000 },
    { name: 'a fast heart', heartbeatMs: 10, rttMs: 1 },
  ])('is one that followers can keep when it rests, with $name', ({ heartbeatMs, rttMs }) => {
    const pace = new Pace({ heartbeatMs, electionMs: 150, isAuto: true })
    pace.role(true, true, 0)
    pace.measured(rttMs)
    pace.rest(true, REST_AFTER_MS)
    const follower = auto()
    follower.role(false, true, 0)
    follower.heard(pace.said())
    expect(pace.said()).toBeGreaterThan(1)
    expect(follower.own(0)).toBe(pace.said())
    expect(pace.own(REST_AFTER_MS + 10_000)).toBe(pace.said())
  })

  test('is full again at once when there is work, and told so', () => {
    const pace = leader()
    pace.rest(true, REST_AFTER_MS)
    pace.worked(5_000)
    expect([pace.said(), pace.own(5_000)]).toEqual([1, 1])
    pace.rest(true, 5_500)
    expect(pace.said()).toBe(1)
  })

  test('is full while anything is not committed', () => {
    const pace = leader()
    pace.rest(true, REST_AFTER_MS)
    pace.rest(false, REST_AFTER_MS + 1)
    expect(pace.said()).toBe(1)
  })
})
