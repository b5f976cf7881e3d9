import { expect, test } from 'vitest'
import type { JobId, PeerId } from '../../src/base/ids.ts'
import { healthOf } from '../../src/console/top/health.ts'
import { closingAdvice, factsOf, isActive, stateWords } from '../../src/console/work/job-words.ts'
import type { JobState, JobView } from '../../src/work/types.ts'

const part = (done: number) => ({ peer: 'p' as PeerId, name: 'p', running: 0, done, bytes: 0 })
const job = (more: Partial<JobView>): JobView => ({
  id: 'j' as JobId,
  title: 't',
  program: { kind: 'source', map: '', reduce: '' },
  submittedBy: 'p' as PeerId,
  coordinator: 'p' as PeerId,
  state: 'running',
  inputBytes: 2_048,
  shards: 0,
  shardsDone: 0,
  safeToClose: true,
  perPeer: [],
  submittedAtMs: 1_000,
  finishedAtMs: undefined,
  retries: 0,
  error: undefined,
  result: undefined,
  resultBytes: undefined,
  resultHash: undefined,
  ...more,
})

test('a job’s facts leave out what is not known yet', () => {
  expect(factsOf(job({}), 3_500)).toEqual(['2.0 KiB', '2.5 s'])
})

test('a job’s time stops when it ends, and only tabs that did something are counted', () => {
  const done = job({ shards: 96, perPeer: [part(95), part(1), part(0)], finishedAtMs: 5_000, retries: 1 })
  expect(factsOf(done, 99_000)).toEqual(['2.0 KiB', '96 parts', '2 tabs', '4.0 s', '1 retry'])
})

test('closing the tab is advised on while a job goes on, and only then', () => {
  expect(closingAdvice(job({ safeToClose: false }))).toMatchObject({ isSafe: false })
  expect(closingAdvice(job({ state: 'reducing' }))).toMatchObject({ isSafe: true })
  for (const state of ['done', 'failed', 'cancelled'] as const) expect(closingAdvice(job({ state }))).toBeUndefined()
})

test('each state has a word and a shape of its own where it ended', () => {
  const states: readonly JobState[] = ['storing', 'running', 'reducing', 'done', 'failed', 'cancelled']
  expect(new Set(states.map(state => stateWords(state).word)).size).toBe(states.length)
  const ended = states.filter(state => !isActive(state))
  expect(new Set(ended.map(state => stateWords(state).shape)).size).toBe(ended.length)
})

test.each<[Parameters<typeof healthOf>[0], string | undefined, string, string]>([
  ['joined', undefined, 'Healthy', 'healthy'],
  ['alone', undefined, 'Alone', 'quiet'],
  ['joining', undefined, 'Connecting', 'quiet'],
  ['joined', 'signaling-unreachable', 'No signaling', 'suspect'],
  ['alone', 'signaling-unreachable', 'No signaling', 'suspect'],
  ['failed', 'wrong-secret', 'Wrong key', 'failed'],
  ['failed', 'never heard of', 'Problem', 'failed'],
  ['left', undefined, 'Left', 'quiet'],
])('phase %s with problem %s is %s', (phase, code, word, tone) => {
  expect(healthOf(phase, code ? { code } : undefined)).toMatchObject({ word, tone })
})

test.each<[Parameters<typeof healthOf>[0], string | undefined, 'minority' | 'majority' | undefined, string]>([
  ['joined', undefined, undefined, 'Healthy'],
  ['joined', undefined, 'minority', 'Partitioned: read-only'],
  ['alone', undefined, 'minority', 'Partitioned: read-only'],
  ['joined', 'signaling-unreachable', 'minority', 'Partitioned: read-only'],
  ['joined', undefined, 'majority', 'Partitioned'],
  ['joined', 'signaling-unreachable', 'majority', 'No signaling'],
  ['joining', undefined, 'majority', 'Connecting'],
  ['left', undefined, 'minority', 'Left'],
  ['failed', 'wrong-secret', 'minority', 'Wrong key'],
])('a mesh that is %s with %s, of which this is the %s, is called %s', (phase, code, side, word) => {
  const partition = { side, reachable: 1, known: 4, sinceMs: 1_000 }
  const health = healthOf(phase, code ? { code } : undefined, partition, 43_000)
  expect(health.word).toBe(word)
  if (word.startsWith('Partitioned'))
    expect(health.detail).toMatch(/^Only 1 of 4 known peers can be reached, for 42(\.0)? s\. /)
})
