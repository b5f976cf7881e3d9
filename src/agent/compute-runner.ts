/**
 * Runs built-in capabilities in workers that can be killed: a regular expression may take longer than the age of the universe.
 * A worker that is over its time, or whose job has ended, is terminated, and the next call gets a new one.
 */
import type { Clock } from '../base/clock.ts'
import { MeshError } from '../base/errors.ts'
import type { Reducer, Runner } from '../work/runner.ts'
import type { ComputeCall, ComputeThread } from './compute-protocol.ts'
import { builtIn } from './inline-runner.ts'
import { builtInNames, prepare } from './registry.ts'

export function createComputeRunner(options: {
  readonly spawn: () => ComputeThread
  readonly slots: number
  readonly clock: Clock
}): Runner {
  const { spawn, slots, clock } = options
  const idle: Thread[] = []
  const all = new Set<Thread>()

  function take(): Thread {
    const thread = idle.pop() ?? new Thread(spawn(), clock)
    all.add(thread)
    return thread
  }
  function giveBack(thread: Thread): void {
    if (thread.isAlive && idle.length < slots) idle.push(thread)
    else drop(thread)
  }
  function drop(thread: Thread): void {
    thread.kill(new MeshError('cancelled', 'closed'))
    all.delete(thread)
  }

  return {
    slots,
    capabilities: builtInNames,
    async check(program) {
      const { capability, options } = builtIn(program)
      prepare(capability, options)
    },
    async map({ program, pieces, timeoutMs }, signal) {
      const { capability, options } = builtIn(program)
      const thread = take()
      try {
        return await thread.call({ kind: 'map', capability, options, pieces }, timeoutMs, signal)
      } finally {
        giveBack(thread)
      }
    },
    reducer(program, inputNames, timeoutMs): Reducer {
      const { capability, options } = builtIn(program)
      const thread = take()
      const opened = thread.call({ kind: 'merge', capability, options, inputNames }, timeoutMs)
      opened.catch(() => {}) // whoever adds or finishes hears of it
      // A worker does one call at a time; so each waits for those before it.
      let last: Promise<unknown> = opened
      const call = (next: ComputeCall): Promise<Uint8Array> => {
        const result = Promise.allSettled([last]).then(async () => {
          await opened
          return await thread.call(next, timeoutMs)
        })
        last = result
        return result
      }
      return {
        add: async (shard, partial) => {
          await call({ kind: 'add', shard, partial })
        },
        finish: () => call({ kind: 'finish' }),
        close: () => drop(thread),
      }
    },
    close() {
      for (const thread of [...all]) drop(thread)
      idle.length = 0
    },
  }
}

/** One worker and the one call that it is at. */
class Thread {
  readonly #worker: ComputeThread
  readonly #clock: Clock
  #fail: ((error: MeshError) => void) | undefined
  isAlive = true

  constructor(worker: ComputeThread, clock: Clock) {
    this.#worker = worker
    this.#clock = clock
    worker.onerror = event =>
      this.kill(new MeshError('function-failed', `the compute worker failed: ${event.message ?? 'unknown'}`))
  }

  call(call: ComputeCall, timeoutMs: number, signal?: AbortSignal): Promise<Uint8Array> {
    if (!this.isAlive) return Promise.reject(new MeshError('cancelled', 'the compute worker was stopped'))
    return new Promise((resolve, reject) => {
      const abort = () => this.kill(new MeshError('cancelled', 'the job has ended'))
      const stopClock = this.#clock.after(timeoutMs, () =>
        this.kill(new MeshError('function-timeout', `It took longer than ${timeoutMs / 1_000} s and was stopped.`)),
      )
      const end = () => {
        stopClock()
        signal?.removeEventListener('abort', abort)
        this.#fail = undefined
      }
      this.#fail = error => {
        end()
        reject(error)
      }
      if (signal?.aborted) return abort()
      signal?.addEventListener('abort', abort)
      this.#worker.onmessage = ({ data }) => {
        end()
        if (data.isDone) resolve(data.bytes)
        else reject(new MeshError(data.code, data.message))
      }
      this.#worker.postMessage(call)
    })
  }

  kill(error: MeshError): void {
    if (!this.isAlive) return
    this.isAlive = false
    this.#worker.terminate()
    this.#fail?.(error)
  }
}
