import { expect, test } from 'vitest'
import type { PeerId } from '../../src/base/ids.ts'
import { pathWords, scaleOf, segmentsOf } from '../../src/console/mesh/link-care.ts'
import type { DialRecord, LinkFacts } from '../../src/mesh/types.ts'

const dial = (change: Partial<DialRecord> = {}): DialRecord => ({
  peer: 'bob' as PeerId,
  role: 'dialler',
  startedAtMs: 0,
  stages: [
    { stage: 'offered', ms: 10 },
    { stage: 'signaled', ms: 15 },
    { stage: 'answered', ms: 40 },
  ],
  outcome: 'linked',
  tookMs: 40,
  failure: undefined,
  ...change,
})
const failed = dial({
  outcome: 'failed',
  tookMs: 15_000,
  failure: { stage: 'candidates', reason: 'none came', advice: 'Wait.' },
})

test('a dial is shown by the time of each stage alone, and the stage that failed by the time it hung', () => {
  expect(segmentsOf(dial(), 100).map(({ stage, ms, width }) => [stage, ms, width])).toEqual([
    ['offered', 10, 10],
    ['signaled', 5, 5],
    ['answered', 25, 25],
  ])
  expect(segmentsOf(failed, 100).at(-1)).toMatchObject({ stage: 'candidates', ms: 14_960, isFailed: true })
  expect(segmentsOf(dial(), 0).every(({ width }) => Number.isFinite(width))).toBe(true)
})

test('stages out of order, as two clocks may tell them, take no time rather than less', () => {
  const stages = [
    { stage: 'answered', ms: 40 },
    { stage: 'offered', ms: 10 },
  ] as const
  expect(segmentsOf(dial({ stages }), 100).map(({ ms }) => ms)).toEqual([40, 0])
})

test('a dial that hung does not shrink the others to nothing', () => {
  expect(scaleOf([dial(), failed])).toBe(50)
  expect(scaleOf([failed])).toBe(50)
  expect(scaleOf([])).toBe(0)
})

test('a path is said by its kinds of address, and not at all where there is none', () => {
  const ends = {
    local: { type: 'host', protocol: 'udp', family: 'IPv4' },
    remote: { type: 'relay', protocol: 'tcp', family: undefined },
  } as const
  const facts = (local: typeof ends.local | undefined) =>
    ({ ice: { ...ends, local, state: 'connected', rttMs: 1, sentBytes: 0, receivedBytes: 0 } }) as Pick<
      LinkFacts,
      'ice'
    >
  expect(pathWords(facts(ends.local))).toEqual({
    text: 'host ↔ relay, UDP over IPv4',
    title: 'Here: this network. There: by a TURN relay.',
  })
  expect(pathWords(facts(undefined))).toBeUndefined()
  expect(pathWords({ ice: undefined })).toBeUndefined()
})
