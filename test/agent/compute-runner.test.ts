/** The pool of compute workers, on threads made by the test. */
import { describe, expect, test } from 'vitest'
import { Merge, mapShard } from '../../src/agent/compute.ts'
import type { ComputeCall, ComputeThread } from '../../src/agent/compute-protocol.ts'
import { createComputeRunner } from '../../src/agent/compute-runner.ts'
import { combineRunners, slotsFor } from '../../src/agent/runner.ts'
import type { Clock } from '../../src/base/clock.ts'
import { toMeshError } from '../../src/base/errors.ts'
import { sourceCapability } from '../../src/work/runner.ts'
import type { JobProgram } from '../../src/work/types.ts'

/** A thread that computes at once, or, told to hang, never. */
class TestThread implements ComputeThread {
  static hangs = false
  onmessage: ComputeThread['onmessage'] = null
  onerror: ComputeThread['onerror'] = null
  isTerminated = false
  calls = 0
  #merge: Merge | undefined

  get holdsMerge(): boolean {
    return this.#merge !== undefined
  }

  load(): void {
    this.onmessage?.({ data: { isReady: true } })
  }

  postMessage(call: ComputeCall): void {
    this.calls++
    if (TestThread.hangs) return
    setImmediate(() => {
      if (this.isTerminated) return
      try {
        this.onmessage?.({ data: { isDone: true, bytes: this.#perform(call) } })
      } catch (error) {
        const { code, message } = toMeshError(error, 'function-failed')
        this.onmessage?.({ data: { isDone: false, code, message } })
      }
    })
  }

  terminate(): void {
    this.isTerminated = true
  }

  #perform(call: ComputeCall): Uint8Array {
    if (call.kind === 'map') return mapShard(call.capability, call.options, call.pieces)
    if (call.kind === 'merge') this.#merge = new Merge(call.capability, call.options, call.inputNames)
    if (call.kind === 'forget') this.#merge = undefined
    if (call.kind === 'add') this.#merge?.add(call.shard, call.partial)
    return call.kind === 'finish' && this.#merge ? this.#merge.finish() : new Uint8Array(0)
  }
}

function setUp(slots = 2, loads = true) {
  const threads: TestThread[] = []
  const timers: (() => void)[] = []
  const clock = {
    after: (_: number, fn: () => void) => {
      timers.push(fn)
      return () => timers.splice(timers.indexOf(fn), 1)
    },
  } as unknown as Clock
  const spawn = () => {
    const thread = new TestThread()
    if (loads) setImmediate(() => thread.load())
    threads.push(thread)
    return thread
  }
  TestThread.hangs = false
  return { threads, timers, runner: createComputeRunner({ spawn, slots, clock }) }
}

const program: JobProgram = { kind: 'capability', capability: 'text.count-words', options: null }
const never = new AbortController().signal
const taskOf = (text: string) => {
  const bytes = new TextEncoder().encode(text)
  const pieces = [{ number: 0, input: 0, name: 'a', firstLine: 1, starts: undefined, bytes }]
  return { program, shard: 0, pieces, timeoutMs: 1_000 }
}
const json = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes))

describe('the compute pool', () => {
  test('uses its workers again, and keeps few of them idle', async () => {
    const { runner, threads } = setUp(2)
    await Promise.all([...'abcdefg'].map(text => runner.map(taskOf(text), never)))
    expect(threads.filter(({ isTerminated }) => !isTerminated).length).toBe(2 + 2) // slots, and those that merge
    await runner.map(taskOf('h'), never)
    expect(threads.length).toBe(7)
  })

  test('kills a worker that is over its time, and goes on with a new one', async () => {
    const { runner, threads, timers } = setUp()
    TestThread.hangs = true
    const mapping = runner.map(taskOf('a'), never)
    await new Promise(setImmediate)
    timers[0]?.()
    await expect(mapping).rejects.toMatchObject({
      code: 'function-timeout',
      message: expect.stringMatching(/longer than 1 s/),
    })
    expect(threads[0]?.isTerminated).toBe(true)
    TestThread.hangs = false
    expect(json(await runner.map(taskOf('a'), never))).toEqual([['a', 1]])
    expect(timers).toEqual([])
  })

  test('lets a worker finish whose caller lost interest, tells that one at once, and uses it again', async () => {
    const { runner, threads } = setUp(1)
    const stop = new AbortController()
    TestThread.hangs = true
    const mapping = runner.map(taskOf('a'), stop.signal)
    await new Promise(setImmediate)
    stop.abort()
    await expect(mapping).rejects.toMatchObject({ code: 'cancelled' })
    expect(threads[0]).toMatchObject({ calls: 1, isTerminated: false })
    TestThread.hangs = false
    await runner.map(taskOf('b'), never) // by another, for the first is still at it
    expect(threads.length).toBe(2)
    threads[0]?.onmessage?.({ data: { isDone: true, bytes: new Uint8Array(0) } })
    await Promise.all(['c', 'd'].map(text => runner.map(taskOf(text), never)))
    expect(threads.length).toBe(2)
    expect(threads.some(({ isTerminated }) => isTerminated)).toBe(false)
  })

  test('kills even then a worker that is over its time', async () => {
    const { runner, threads, timers } = setUp()
    const stop = new AbortController()
    TestThread.hangs = true
    const mapping = runner.map(taskOf('a'), stop.signal)
    await new Promise(setImmediate)
    stop.abort()
    await expect(mapping).rejects.toMatchObject({ code: 'cancelled' })
    timers[0]?.()
    expect(threads[0]?.isTerminated).toBe(true)
  })

  test('gives up a worker that does not load', async () => {
    const { runner, threads, timers } = setUp(2, false)
    const mapping = runner.map(taskOf('a'), never)
    expect(threads[0]?.calls).toBe(0)
    timers[0]?.()
    await expect(mapping).rejects.toMatchObject({ code: 'function-timeout' })
    expect(threads[0]?.isTerminated).toBe(true)
  })

  test('tells of a worker that cannot start', async () => {
    const { runner, threads } = setUp(2, false)
    const mapping = runner.map(taskOf('a'), never)
    await new Promise(setImmediate)
    threads[0]?.onerror?.({ message: 'no such file' })
    await expect(mapping).rejects.toMatchObject({
      code: 'function-failed',
      message: expect.stringMatching(/no such file/),
    })
  })

  test('merges each shard once, in a worker of its own, and outlives a malformed partial result', async () => {
    const { runner, threads } = setUp()
    const partial = await runner.map(taskOf('a b a'), never)
    const reducer = runner.reducer(program, ['a'], 1_000)
    const nonsense = new TextEncoder().encode('nonsense')
    const added = [reducer.add(0, partial), reducer.add(1, nonsense), reducer.add(0, partial), reducer.add(1, partial)]
    const outcomes = (await Promise.allSettled(added)).map(({ status }) => status)
    expect(outcomes).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect(json(await reducer.finish())).toMatchObject({ words: 6, distinct: 2 })
    reducer.close()
    await expect(reducer.finish()).rejects.toMatchObject({ code: 'cancelled' })
    await new Promise(setImmediate)
    await runner.map(taskOf('c'), never)
    expect(threads.length).toBe(1)
    expect(threads.some(({ isTerminated, holdsMerge }) => isTerminated || holdsMerge)).toBe(false)
  })

  test('stops everything when it is closed', async () => {
    const { runner, threads } = setUp()
    await runner.map(taskOf('a'), never)
    TestThread.hangs = true
    const mapping = runner.map(taskOf('a'), never)
    runner.close()
    await expect(mapping).rejects.toMatchObject({ code: 'cancelled' })
    expect(threads.every(({ isTerminated }) => isTerminated)).toBe(true)
  })
})

test('a combined runner gives each program to who can run it', async () => {
  const { runner } = setUp()
  const other = { ...runner, slots: 5, capabilities: [sourceCapability], check: async () => {} }
  const both = combineRunners([runner, other])
  expect(both.slots).toBe(5)
  expect(both.capabilities).toEqual(['text.count-words', 'text.grep', sourceCapability])
  await both.check({ kind: 'source', map: '(', reduce: '(' })
  await expect(both.check({ kind: 'capability', capability: 'fly', options: null })).rejects.toThrow(
    'No agent can handle: fly',
  )
})

test.each([
  [1, 1],
  [2, 1],
  [6, 3],
  [64, 4],
])('of %i cores it uses %i', (cores, slots) => {
  expect(slotsFor(cores)).toBe(slots)
})
