/** The engine's hold on a sandbox frame, with a frame played by the test: what a hostile or dead one may do. */
import { describe, expect, test } from 'vitest'
import { Frame, type FramePort } from '../../../src/agent/sandbox/frame.ts'
import { functionLoadMs, stopGraceMs } from '../../../src/agent/sandbox/limits.ts'
import type { FrameCall } from '../../../src/agent/sandbox/messages.ts'
import { createSandboxRunner } from '../../../src/agent/sandbox/runner.ts'
import { sandboxScript } from '../../../src/agent/sandbox/script.ts'
import type { Clock } from '../../../src/base/clock.ts'
import { partialsBytesMax } from '../../../src/work/limits.ts'

/** A clock that the test moves. */
class HandClock implements Clock {
  now = 0
  #timers: { atMs: number; fn: () => void }[] = []
  nowMs = () => this.now
  monotonicMs = () => this.now
  every = () => () => {}
  after(delayMs: number, fn: () => void): () => void {
    const timer = { atMs: this.now + delayMs, fn }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer)
    }
  }
  move(ms: number): void {
    this.now += ms
    for (const timer of this.#timers.filter(({ atMs }) => atMs <= this.now)) {
      this.#timers = this.#timers.filter(other => other !== timer)
      timer.fn()
    }
  }
  get pending(): number {
    return this.#timers.length
  }
}

function setUp() {
  const clock = new HandClock()
  const calls: FrameCall[] = []
  const port: FramePort = { onmessage: null, postMessage: call => void calls.push(call), close() {} }
  const say = (data: unknown) => port.onmessage?.({ data } as MessageEvent)
  const broken: Frame[] = []
  const frame = new Frame(port, clock, which => broken.push(which))
  return { clock, calls, port, say, broken, frame }
}

const input = { call: 'check' } as const

describe('a sandbox frame', () => {
  test('gives back what the function returned, and leaves no timer', async () => {
    const { frame, say, clock } = setUp()
    const running = frame.run('script', input, 1_000)
    say({ kind: 'ready', id: 0 })
    say({ kind: 'done', id: 0, bytes: Uint8Array.of(1) })
    expect(await running).toEqual(Uint8Array.of(1))
    expect(clock.pending).toBe(0)
  })

  test('times reading and running apart', async () => {
    const { frame, say, clock, calls } = setUp()
    const reading = frame.run('script', input, 1_000)
    clock.move(functionLoadMs)
    await expect(reading).rejects.toMatchObject({
      code: 'function-timeout',
      message: expect.stringMatching(/than 5 s/),
    })
    say({ kind: 'stopped', id: 0 })
    const running = frame.run('script', input, 1_000)
    clock.move(functionLoadMs - 1)
    say({ kind: 'ready', id: 1 })
    clock.move(999)
    clock.move(1)
    await expect(running).rejects.toMatchObject({
      code: 'function-timeout',
      message: expect.stringMatching(/longer than 1 s/),
    })
    expect(calls.filter(({ kind }) => kind === 'stop').length).toBe(2)
  })

  test('goes as a whole when it does not confirm that it stopped, and takes its other runs along', async () => {
    const { frame, say, clock, broken } = setUp()
    const hung = frame.run('script', input, 1_000)
    const other = frame.run('script', input, 100_000)
    for (const id of [0, 1]) say({ kind: 'ready', id })
    clock.move(1_000)
    await expect(hung).rejects.toMatchObject({ code: 'function-timeout' })
    clock.move(stopGraceMs)
    await expect(other).rejects.toMatchObject({ code: 'disconnected' })
    expect(broken).toEqual([frame])
    await expect(frame.run('script', input, 1_000)).rejects.toMatchObject({ code: 'disconnected' })
  })

  test('stays when it confirms', async () => {
    const { frame, say, clock, broken } = setUp()
    const hung = frame.run('script', input, 1_000)
    say({ kind: 'ready', id: 0 })
    clock.move(1_000)
    await expect(hung).rejects.toMatchObject({ code: 'function-timeout' })
    say({ kind: 'stopped', id: 0 })
    clock.move(stopGraceMs)
    expect(broken).toEqual([])
  })

  test.each([
    [null],
    [{ kind: 'done', id: 0 }],
    [{ kind: 'done', id: 0, bytes: 'text' }],
    [{ kind: 'done', id: 0, bytes: new Uint8Array(17 * 2 ** 20) }],
    [{ kind: 'done', id: 5, bytes: new Uint8Array(1) }],
    [{ kind: 'failed', id: 0, code: 'wrong-secret', message: '' }],
    [{ kind: 'failed', id: 0, code: 'function-failed', message: 'x'.repeat(2_000) }],
    [{ kind: 'surprise', id: 0 }],
  ])('does not listen to what no frame of ours would say (%#)', async said => {
    const { frame, say } = setUp()
    const running = frame.run('script', input, 1_000)
    say(said)
    say({ kind: 'done', id: 0, bytes: Uint8Array.of(7) })
    expect(await running).toEqual(Uint8Array.of(7))
  })

  test('stops what is given up', async () => {
    const { frame, calls } = setUp()
    const giveUp = new AbortController()
    const running = frame.run('script', input, 1_000, giveUp.signal)
    giveUp.abort()
    await expect(running).rejects.toMatchObject({ code: 'cancelled' })
    expect(calls.at(-1)).toEqual({ kind: 'stop', id: 0 })
  })
})

describe('the sandbox runner', () => {
  const source = { kind: 'source', map: 't => t', reduce: 'p => p' } as const

  test('opens a frame once, and a new one after a broken one', async () => {
    const clock = new HandClock()
    const ports: FramePort[] = []
    const closed: number[] = []
    const open = async () => {
      const at = ports.length
      const port: FramePort = { onmessage: null, postMessage() {}, close() {} }
      ports.push(port)
      return { port, close: () => void closed.push(at) }
    }
    const runner = createSandboxRunner({ open, slots: 1, clock })
    const task = { program: source, shard: 0, pieces: [], timeoutMs: 1_000 }
    const signal = new AbortController().signal
    const first = runner.map(task, signal)
    const second = runner.map(task, signal)
    const failures = Promise.allSettled([first, second])
    while (!ports[0]?.onmessage) await Promise.resolve()
    await new Promise(setImmediate)
    clock.move(functionLoadMs)
    clock.move(stopGraceMs)
    await failures
    await new Promise(setImmediate)
    expect(closed).toEqual([0])
    void runner.map(task, signal).catch(() => {})
    await new Promise(setImmediate)
    expect(ports.length).toBe(2)
    runner.close()
    await new Promise(setImmediate)
    expect(closed).toEqual([0, 1])
  })

  test('tries again where no frame could be opened', async () => {
    let attempts = 0
    const open = async () => {
      attempts++
      throw new Error('no page')
    }
    const runner = createSandboxRunner({ open, slots: 1, clock: new HandClock() })
    await expect(runner.check(source)).rejects.toThrow('no page')
    await expect(runner.check(source)).rejects.toThrow('no page')
    expect(attempts).toBe(2)
  })

  test('bounds what waits for reduce', async () => {
    const runner = createSandboxRunner({ open: () => Promise.reject(new Error()), slots: 1, clock: new HandClock() })
    const reducer = runner.reducer(source, [], 1_000)
    const part = new Uint8Array(partialsBytesMax / 2)
    await reducer.add(0, part)
    await reducer.add(0, part)
    await reducer.add(1, part)
    await expect(reducer.add(2, new Uint8Array(1))).rejects.toMatchObject({ code: 'too-large' })
  })
})

test('the person’s first line is the script’s first line', () => {
  const script = sandboxScript('one\ntwo;\n')
  const lines = script.split('\n')
  expect(lines[0]).toMatch(/self\.__typed = \(one$/)
  expect(lines.slice(1)).toEqual(['two', ')'])
})
