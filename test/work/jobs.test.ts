/** Whole jobs over several peers on the fake mesh: what people rely on. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { canonicalJson } from '../../src/work/canonical.ts'
import type { Runner } from '../../src/work/runner.ts'
import type { JobProgram } from '../../src/work/types.ts'
import { createGatedRunner } from './support/gated-runner.ts'
import { ended, Lab, until, viewAt } from './support/lab.ts'
import { randomText, referenceCount } from './support/texts.ts'

const countWords: JobProgram = { kind: 'capability', capability: 'text.count-words', options: null }
const files = [1, 2, 3].map(seed => ({ name: `${seed}.txt`, text: randomText(seed, 60_000) }))
const expected = canonicalJson(referenceCount(files.map(file => file.text)))

let lab: Lab
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.close())

describe('a job', () => {
  test('gives every tab the result that one tab alone computes', async () => {
    const peers = ['ada', 'ben', 'cyd', 'dan'].map(name => lab.join(name))
    const [ada] = peers
    if (!ada) throw new Error('nobody')
    const id = await ada.work.startJob({ program: countWords, inputs: files })
    for (const peer of peers) {
      const view = await ended(peer, id)
      expect(view.error).toBeUndefined()
      expect(canonicalJson(view.result ?? null)).toBe(expected)
      expect(view.perPeer.reduce((sum, { done }) => sum + done, 0)).toBe(view.shards)
      expect(view.perPeer.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(view.inputBytes)
    }
    expect(viewAt(ada, id)?.perPeer.length).toBeGreaterThan(1)
  })

  test('goes on when the tab that submitted it closes, and computes nothing twice that others hold', async () => {
    const runners = [createGatedRunner(), createGatedRunner(), createGatedRunner()]
    const [ada, ben, cyd] = ['ada', 'ben', 'cyd'].map((name, at) => lab.join(name, { runner: runners[at] as Runner }))
    if (!ada || !ben || !cyd) throw new Error('nobody')
    const id = await ada.work.startJob({ program: countWords, inputs: files })
    await until('safe to close', () => viewAt(ben, id)?.safeToClose)
    for (const runner of runners) runner.admit(3)
    await until('some work done', () => (viewAt(cyd, id)?.shardsDone ?? 0) >= 9)
    lab.drop(ada)
    for (const runner of runners) runner.admit(Number.POSITIVE_INFINITY)
    for (const peer of [ben, cyd]) {
      const view = await ended(peer, id)
      expect(canonicalJson(view.result ?? null)).toBe(expected)
      expect(view.coordinator).toBe(ben.mesh.id)
      expect(view.perPeer.reduce((sum, { done }) => sum + done, 0)).toBe(view.shards)
      expect((runners[1]?.mapped ?? 0) + (runners[2]?.mapped ?? 0)).toBe(view.shards)
    }
  })
})
