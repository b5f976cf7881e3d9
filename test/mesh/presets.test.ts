import { expect, test } from 'vitest'
import type { PeerId } from '../../src/base/ids.ts'
import { firstBeat, nextBeat, phiOf } from '../../src/mesh/detector/phi.ts'
import { failureSettings, presets } from '../../src/mesh/presets.ts'
import { RoomLimit } from '../../src/mesh/room-limit.ts'

test('each preset keeps its own rules, and has the figures by which it is known', () => {
  for (const settings of Object.values(presets)) expect(failureSettings(settings)).toBe(settings)
  const known = (['default', 'relaxed', 'patient'] as const).map(name => [
    presets[name].intervalMs,
    presets[name].timeoutMs,
  ])
  expect(known).toEqual([
    [3_000, 10_000],
    [5_000, 15_000],
    [10_000, 30_000],
  ])
  expect(failureSettings()).toBe(presets.default)
})

test.each<[string, object, string]>([
  ['no number', { intervalMs: Number.NaN }, 'intervalMs must be'],
  ['nothing', { timeoutMs: 0 }, 'timeoutMs must be'],
  ['half a prober', { probers: 2.5 }, 'whole number'],
  ['a suspicion longer than the timeout', { suspicionMinMs: 20_000 }, 'suspicionMinMs <= timeoutMs'],
])('refuses %s', (_, change, message) => {
  expect(() => failureSettings({ ...presets.default, ...change })).toThrow(message)
})

test('refuses a preset that is not there', () => {
  expect(() => failureSettings('hasty' as 'lab')).toThrow('preset must be one of default, relaxed, patient, lab')
})

test('phi grows with silence, and faster where the rhythm was even', () => {
  let even = firstBeat(0, 1_000)
  for (let at = 1; at <= 50; at++) even = nextBeat(even, at * 1_000)
  let uneven = firstBeat(0, 1_000)
  for (let at = 1, nowMs = 0; at <= 50; at++) {
    nowMs += at % 2 ? 300 : 1_700
    uneven = nextBeat(uneven, nowMs)
  }
  expect(phiOf(even, 50_000 + 1_000)).toBeCloseTo(Math.log10(2), 1) // as likely late as early
  const after = (silentMs: number) => [phiOf(even, even.lastMs + silentMs), phiOf(uneven, uneven.lastMs + silentMs)]
  expect(after(1_500)[0]).toBeGreaterThan(3)
  expect(after(1_500)[1]).toBeLessThan(2)
  expect(phiOf(even, 1e9)).toBeLessThanOrEqual(300)
})

test('a room takes a quarter more than it is meant for: then a warning, then a refusal', () => {
  const limit = new RoomLimit(8)
  expect([7, 8, 9, 10, 11].map(others => limit.problemFor(others)?.code)).toEqual([
    undefined, 'overloaded', 'overloaded', 'room-full', 'room-full',
  ]) // biome-ignore format: a row
  const members = new Map(Array.from({ length: 9 }, (_, at) => [`p${at}` as PeerId, {}]))
  expect(limit.isFullFor('new' as PeerId, members)).toBe(true)
  expect(limit.isFullFor('p3' as PeerId, members)).toBe(false)
  for (const wrong of [0, 1.5, 2_000]) expect(() => new RoomLimit(wrong)).toThrow('maxAgents')
})
