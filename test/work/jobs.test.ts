/** Whole jobs over several peers on the fake mesh: what people rely on. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createInlineRunner } from '../../src/agent/inline-runner.ts'
import { MeshError } from '../../src/base/errors.ts'
import type { BlockHash, JobId } from '../../src/base/ids.ts'
import type { Json } from '../../src/base/json.ts'
import { type BlockStore, createMemoryStore } from '../../src/work/blocks/store.ts'
import { canonicalJson } from '../../src/work/canonical.ts'
import type { Runner } from '../../src/work/runner.ts'
import type { JobProgram } from '../../src/work/types.ts'
import { createGatedRunner } from './support/gated-runner.ts'
import { ended, Lab, type LabPeer, until, viewAt } from './support/lab.ts'
import { randomText, referenceCount } from './support/texts.ts'

const countWords: JobProgram = { kind: 'capability', capability: 'text.count-words', options: null }
const files = [1, 2, 3].map(seed => ({ name: `${seed}.txt`, text: randomText(seed, 60_000) }))
const expected = canonicalJson(referenceCount(files.map(file => file.text)))

/** A store that shows which blocks it was given. */
function watched(store: BlockStore, kept: Set<string>): BlockStore {
  return {
    ...store,
    put: async (job, hash, bytes) => {
      await store.put(job, hash, bytes)
      kept.add(hash)
    },
  }
}

function isTwice(stores: readonly ReadonlySet<string>[]): boolean {
  const all = new Set(stores.flatMap(store => [...store]))
  return [...all].every(hash => stores.filter(store => store.has(hash)).length >= 2)
}

let lab: Lab
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.close())

describe('a job', { timeout: 60_000 }, () => {
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

  test('computes what a tab that closed had not, and counts nothing twice, whenever anyone closes', async () => {
    for (let round = 0; round < 3; round++) {
      const runners = Array.from({ length: 4 }, () => createGatedRunner())
      const blocks = new Map<string, Set<string>>()
      const peers = runners.map((runner, at) => {
        const kept = new Set<string>()
        const peer = lab.join(`${round}-${at}`, { runner, store: watched(createMemoryStore(), kept) })
        blocks.set(peer.mesh.id, kept)
        return peer
      })
      const [survivor, ...others] = peers.toSorted(() => (round % 2 ? -1 : 1)) as [LabPeer, ...LabPeer[]]
      const id = await (peers[0] as LabPeer).work.startJob({ program: countWords, inputs: files })
      await until('safe to close', () => viewAt(survivor, id)?.safeToClose)
      for (const [at, other] of others.entries()) {
        for (const runner of runners) runner.admit(2)
        const done = Math.min(3 + at * 3 + round, 12)
        await until('progress', () => (viewAt(survivor, id)?.shardsDone ?? 0) > done - 6)
        const living = peers.filter(peer => !peer.mesh.isGone)
        await until('all blocks at two tabs', () => isTwice(living.map(peer => blocks.get(peer.mesh.id) ?? new Set())))
        lab.drop(other)
      }
      for (const runner of runners) runner.admit(Number.POSITIVE_INFINITY)
      const view = await ended(survivor, id)
      expect(view.error).toBeUndefined()
      expect(canonicalJson(view.result ?? null)).toBe(expected)
      expect(view.perPeer.reduce((sum, { done }) => sum + done, 0)).toBe(view.shards)
      lab.drop(survivor)
    }
  })

  test('is known, with its result, to a tab that arrives later', async () => {
    const [ada] = ['ada', 'ben'].map(name => lab.join(name)) as [LabPeer, LabPeer]
    const id = await ada.work.startJob({ program: countWords, inputs: files })
    const { resultHash } = await ended(ada, id)
    const late = lab.join('late')
    const view = await ended(late, id)
    expect(view.resultHash).toBe(resultHash)
    expect(await late.work.jobResult(id)).toEqual(JSON.parse(expected))
  })

  test('is joined by a tab that arrives while it runs', async () => {
    const runner = createGatedRunner()
    const ada = lab.join('ada', { runner })
    const id = await ada.work.startJob({ program: countWords, inputs: files })
    const late = lab.join('late')
    await until('all but what ada holds', () => {
      return (viewAt(ada, id)?.shardsDone ?? 0) === (viewAt(ada, id)?.shards ?? 0) - 2
    })
    runner.admit(Number.POSITIVE_INFINITY)
    expect((await ended(late, id)).perPeer.map(({ name }) => name).sort()).toEqual(['ada', 'late'])
  })

  test('reaches tabs that lose every broadcast', async () => {
    const [ada, deaf] = ['ada', 'deaf'].map(name => lab.join(name)) as [LabPeer, LabPeer]
    lab.network.faults.losesBroadcast = (_, to) => to === deaf.mesh.id
    const id = await ada.work.startJob({ program: countWords, inputs: files })
    expect((await ended(deaf, id)).resultHash).toBe((await ended(ada, id)).resultHash)
  })

  test('brings a result that is too large for a broadcast to every tab', async () => {
    const peers = ['ada', 'ben', 'cyd'].map(name => lab.join(name)) as [LabPeer, LabPeer, LabPeer]
    const program: JobProgram = { kind: 'capability', capability: 'text.count-words', options: { top: 10_000 } }
    const text = Array.from({ length: 40_000 }, (_, at) => `word${at}${'x'.repeat(60)}`).join('\n')
    const id = await peers[0].work.startJob({ program, inputs: [{ name: 'many', text }] })
    for (const peer of peers) {
      const view = await ended(peer, id)
      expect(view.result).toBeUndefined() // not shown: too large
      expect(view.resultBytes).toBeGreaterThan(512 * 1024) // more than one part
      expect(await peer.work.jobResult(id)).toMatchObject({ distinct: 40_000 })
    }
    const broadcasts = lab.network.sent.filter(({ kind }) => kind === 'broadcast')
    expect(Math.max(...broadcasts.map(({ bytes }) => bytes))).toBeLessThan(64 * 1024)
  })

  test('stops everywhere when any tab cancels it', async () => {
    const runners = [createGatedRunner(), createGatedRunner()]
    const [ada, ben] = runners.map((runner, at) => lab.join(`${at}`, { runner })) as [LabPeer, LabPeer]
    const id = await ada.work.startJob({ program: countWords, inputs: files })
    await until('work at both', () => runners.every(({ waiting }) => waiting > 0))
    await until('known', () => viewAt(ben, id))
    await ben.work.cancelJob(id)
    for (const peer of [ada, ben]) expect((await ended(peer, id)).state).toBe('cancelled')
    for (const runner of runners) runner.admit(Number.POSITIVE_INFINITY)
    await expect(ada.work.jobResult(id)).rejects.toMatchObject({ code: 'invalid-option' })
  })

  test('fails with the reason when a function fails at three tabs, and can be retried from any', async () => {
    let isBroken = true
    const breaking = (): Runner => {
      const inner = createInlineRunner()
      return {
        ...inner,
        map: async (task, signal) => {
          if (isBroken && task.shard === 4) throw new MeshError('function-failed', 'TypeError: no good (line 2)')
          return await inner.map(task, signal)
        },
      }
    }
    const peers = ['a', 'b', 'c', 'd', 'e'].map(name => lab.join(name, { runner: breaking() }))
    const [ada, , , , eve] = peers as [LabPeer, LabPeer, LabPeer, LabPeer, LabPeer]
    const id = await ada.work.startJob({ program: countWords, inputs: files })
    const failed = await ended(eve, id)
    expect(failed.state).toBe('failed')
    expect(failed.error).toEqual({ code: 'function-failed', message: 'TypeError: no good (line 2)' })
    expect(failed.retries).toBe(3)
    isBroken = false
    await eve.work.retryJob(id)
    for (const peer of peers) {
      const view = await until('done', () => {
        const present = viewAt(peer, id)
        return present?.state === 'done' && present
      })
      expect(canonicalJson(view.result ?? null)).toBe(expected)
    }
  })

  test('is handed to those only who can run it, and fails plainly when nobody can', async () => {
    const unable: Runner = { ...createInlineRunner(), capabilities: [], check: async () => {} }
    const ada = lab.join('ada', { runner: unable })
    const ben = lab.join('ben')
    const id = await ada.work.startJob({ program: countWords, inputs: files })
    const view = await ended(ada, id)
    expect(view.perPeer.map(({ name }) => name)).toEqual(['ben'])
    expect(canonicalJson(view.result ?? null)).toBe(expected)
    lab.drop(ben)
    const alone = await ada.work.startJob({ program: countWords, inputs: files })
    expect((await ended(ada, alone)).error).toEqual({
      code: 'no-capable-agent',
      message: 'No agent can handle: text.count-words',
    })
  })

  test('survives a peer that answers with nonsense', async () => {
    const runner = createGatedRunner()
    const [ada, liar] = [lab.join('ada', { runner }), lab.join('liar')]
    let lies = 0
    lab.network.faults.forges = (topic, by, answer) => {
      if (topic !== 'job.run' || by !== liar.mesh.id) return answer
      if (lies === 8) runner.admit(Number.POSITIVE_INFINITY)
      return [new TextEncoder().encode('nonsense'), { status: 'well' }, { status: 'busy' }, null][lies++ % 4]
    }
    const id = await ada.work.startJob({ program: countWords, inputs: files })
    const view = await ended(ada, id)
    expect(canonicalJson(view.result ?? null)).toBe(expected)
    expect(view.perPeer).toMatchObject([{ name: 'ada', done: view.shards }])
    expect(lies).toBeGreaterThan(8)
    expect(ada.counts.get('job-malformed')).toBeGreaterThan(0)
  })

  test('loses its input with the only tab that held it, and says so', async () => {
    const runner = createGatedRunner()
    const ada = lab.join('ada', { runner })
    const full = createMemoryStore({ bytesMax: 0 })
    const ben = lab.join('ben', { store: full, runner: createGatedRunner() })
    const id = await ada.work.startJob({ program: countWords, inputs: files })
    await until('known', () => viewAt(ben, id)?.state === 'running')
    expect(viewAt(ben, id)?.safeToClose).toBe(false)
    lab.drop(ada)
    const view = await ended(ben, id)
    expect(view.error?.code).toBe('input-lost')
  })

  test('of no text at all is done at once', async () => {
    const ada = lab.join('ada')
    for (const inputs of [[], [{ name: 'empty.txt', text: '' }]]) {
      const id = await ada.work.startJob({ program: countWords, inputs })
      expect((await ended(ada, id)).result).toEqual({ words: 0, distinct: 0, top: [] })
    }
  })
})

describe('taking in', { timeout: 60_000 }, () => {
  test('refuses 300 MB before it reads any of it', async () => {
    const ada = lab.join('ada')
    const huge = { name: 'huge.txt', size: 300 * 2 ** 20, slice: () => expect.unreachable() } as unknown as File
    await expect(ada.work.startJob({ program: countWords, inputs: [huge] })).rejects.toMatchObject({
      code: 'too-large',
      message: '"huge.txt" has 300 MB; a job takes at most 200 MB in all.',
    })
    const half = new File([new Uint8Array(10)], 'half')
    const halves = [half, half].map(file => Object.defineProperty(file, 'size', { value: 150 * 2 ** 20 }))
    await expect(ada.work.startJob({ program: countWords, inputs: halves })).rejects.toMatchObject({
      code: 'too-large',
    })
  })

  test.each([
    ['a picture', new File([Uint8Array.of(0xff, 0xd8, 0xff)], 'a.jpg'), 'malformed', /"a\.jpg" is not UTF-8/],
    ['UTF-16', new File([Uint8Array.of(0xff, 0xfe, 65, 0)], 'b.txt'), 'malformed', /UTF-16/],
  ])('refuses %s, and keeps nothing of it', async (_, file, code, message) => {
    const store = createMemoryStore({ bytesMax: 100 })
    const ada = lab.join('ada', { store })
    const good = { name: 'good', text: 'x'.repeat(90) }
    await expect(ada.work.startJob({ program: countWords, inputs: [good, file] })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
    await store.put('other' as JobId, 'b'.repeat(64) as BlockHash, new Uint8Array(100)) // there is room again
    expect(ada.work.jobs).toEqual([])
  })

  test('says when the browser has no room, and keeps nothing', async () => {
    const ada = lab.join('ada', { store: createMemoryStore({ bytesMax: 1_000 }) })
    await expect(ada.work.startJob({ program: countWords, inputs: files })).rejects.toMatchObject({
      code: 'storage-full',
    })
  })

  test('refuses what cannot run before anything is sent', async () => {
    const ada = lab.join('ada')
    lab.join('ben')
    const grep = (options: Json): JobProgram => ({ kind: 'capability', capability: 'text.grep', options })
    await expect(ada.work.startJob({ program: grep({ pattern: '(' }), inputs: files })).rejects.toMatchObject({
      code: 'malformed',
      message: expect.stringMatching(/Unterminated group/),
    })
    const source: JobProgram = { kind: 'source', map: 't => t', reduce: 'p => p' }
    await expect(ada.work.startJob({ program: source, inputs: files })).rejects.toMatchObject({
      code: 'no-capable-agent',
    })
    expect(lab.network.sent.filter(({ topic }) => topic.startsWith('job.status'))).toEqual([])
  })

  test('can be given up while files are read', async () => {
    const ada = lab.join('ada')
    const signal = AbortSignal.abort()
    await expect(ada.work.startJob({ program: countWords, inputs: files, signal })).rejects.toMatchObject({
      code: 'aborted',
    })
  })

  test('keeps the newest fifty jobs, and refuses more when all of them run', async () => {
    const ada = lab.join('ada')
    const start = (name: string) =>
      ada.work.startJob({ title: name, program: countWords, inputs: [{ name, text: name }] })
    for (let at = 0; at < 52; at++) await ended(ada, await start(`${at}`))
    expect(ada.work.jobs.length).toBe(50)
    expect(ada.work.jobs.at(-1)?.title).toBe('2')
    const ben = lab.join('ben', { runner: createGatedRunner() })
    lab.drop(ada)
    for (let at = 0; at < 50; at++)
      await ben.work.startJob({ program: countWords, inputs: [{ name: 'x', text: `x${at}` }] })
    await expect(ben.work.startJob({ program: countWords, inputs: [] })).rejects.toMatchObject({ code: 'overloaded' })
  })
})
