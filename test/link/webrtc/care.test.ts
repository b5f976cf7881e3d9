import { beforeEach, expect, test } from 'vitest'
import { restartsMax } from '../../../src/link/limits.ts'
import { PathCare } from '../../../src/link/webrtc/care.ts'
import { Turns } from '../support/turns.ts'

let turns: Turns
let restartsMs: number[]
let care: PathCare
beforeEach(() => {
  turns = new Turns(1)
  restartsMs = []
  care = new PathCare(turns.clock, () => restartsMs.push(turns.clock.monotonicMs()))
})

test('a path that is disconnected for 2 s is made anew, again and again with twice the patience', async () => {
  care.state('connected')
  care.state('disconnected')
  expect(care.isBroken).toBe(true)
  await turns.run(15_000)
  expect(restartsMs).toEqual([2_000, 4_000, 8_000])
})

test('a shorter break heals by itself', async () => {
  care.state('disconnected')
  turns.after(1_900, () => care.state('connected'))
  await turns.run()
  expect([restartsMs, care.isBroken]).toEqual([[], false])
})

test('a restart that worked ends the row, and the next break begins a new one', async () => {
  care.state('disconnected')
  turns.after(2_500, () => care.state('connected'))
  turns.after(10_000, () => care.state('disconnected'))
  await turns.run(14_500)
  expect([restartsMs, care.restarts]).toEqual([[2_000, 12_000, 14_000], 3])
})

test('a suspicion restarts at once, and a second one meanwhile is the same', async () => {
  care.state('connected')
  care.suspect()
  turns.after(900, () => care.suspect())
  await turns.run(1_500)
  expect([restartsMs, care.isBroken]).toEqual([[0], true])
  care.state('connected')
  expect(care.isBroken).toBe(false)
})

test('it ends: with the connection, and after as many restarts in a row as the limit', async () => {
  care.state('disconnected')
  await turns.run(60 * 60_000)
  expect(restartsMs).toHaveLength(restartsMax)
  care.suspect()
  expect(restartsMs).toHaveLength(restartsMax)
  const other = new PathCare(turns.clock, () => restartsMs.push(-1))
  other.state('disconnected')
  other.state('failed')
  await turns.run()
  expect(restartsMs).not.toContain(-1)
})
