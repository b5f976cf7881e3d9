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
    if (call.kind === 'add') this.#merge?.add(call.shard, call.partial)
    return call.kind === 'finish' && this.#merge ? this.#merge.finish() : new Uint8Array(0)
  }
}

function setUp(slots = 2) {
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
  test('uses its workers again, and never keeps more idle than it has slots', async () => {
    const { runner, threads } = setUp(2)
    await Promise.all(['a', 'b', 'c', 'd'].map(text => runner.map(taskOf(text), never)))
    expect(threads.filter(({ isTerminated }) => !isTerminated).length).toBe(2)
    await runner.map(taskOf('e'), never)
    expect(threads.length).toBe(4)
  })

  test('kills a worker that is over its time, and goes on with a new one', async () => {
    const { runner, threads, timers } = setUp()
    TestThread.hangs = true
    const mapping = runner.map(taskOf('a'), never)
    await Promise.resolve()
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

  test('kills a worker whose job has ended', async () => {
    const { runner, threads } = setUp()
    TestThread.hangs = true
    const stop = new AbortController()
    const mapping = runner.map(taskOf('a'), stop.signal)
    await Promise.resolve()
    stop.abort()
    await expect(mapping).rejects.toMatchObject({ code: 'cancelled' })
    expect(threads[0]?.isTerminated).toBe(true)
  })

  test('tells of a worker that cannot start', async () => {
    const { runner, threads } = setUp()
    TestThread.hangs = true
    const mapping = runner.map(taskOf('a'), never)
    await Promise.resolve()
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
    expect(threads.filter(({ isTerminated }) => isTerminated).length).toBe(1)
    await expect(reducer.finish()).rejects.toMatchObject({ code: 'cancelled' })
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
