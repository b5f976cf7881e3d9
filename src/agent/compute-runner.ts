/**
 * Runs built-in capabilities in workers that can be killed: a regular expression may take longer than the age of the universe.
 * Only a worker that is over its time is. One whose caller has lost interest finishes first and is used again: starting one is dear.
 */
import type { Clock } from '../base/clock.ts'
import { MeshError } from '../base/errors.ts'
import type { Reducer, Runner } from '../work/runner.ts'
import type { ComputeCall, ComputeThread } from './compute-protocol.ts'
import { Thread } from './compute-thread.ts'
import { builtIn } from './inline-runner.ts'
import { builtInNames, prepare } from './registry.ts'

/** Idle workers kept beyond the slots: those that merge. */
const spareThreads = 2

export function createComputeRunner(options: {
  readonly spawn: () => ComputeThread
  readonly slots: number
  readonly clock: Clock
}): Runner {
  const { slots } = options
  const threads = new Threads(options.spawn, options.clock, slots + spareThreads)
  return {
    slots,
    capabilities: builtInNames,
    async check(program) {
      const { capability, options } = builtIn(program)
      prepare(capability, options)
    },
    async map({ program, pieces, timeoutMs }, signal) {
      const { capability, options } = builtIn(program)
      const thread = threads.take()
      try {
        return await thread.call({ kind: 'map', capability, options, pieces }, timeoutMs, signal)
      } finally {
        threads.giveBack(thread)
      }
    },
    reducer(program, inputNames, timeoutMs): Reducer {
      const { capability, options } = builtIn(program)
      const thread = threads.take()
      const opened = thread.call({ kind: 'merge', capability, options, inputNames }, timeoutMs)
      // A worker does one call at a time; so each waits for those before it.
      let last: Promise<unknown> = opened.catch(() => {}) // whoever adds or finishes hears of it
      let isClosed = false
      const call = (next: ComputeCall): Promise<Uint8Array> => {
        if (isClosed) return Promise.reject(new MeshError('cancelled', 'the job has ended'))
        const result = last.then(async () => {
          await opened
          return await thread.call(next, timeoutMs)
        })
        last = result.catch(() => {})
        return result
      }
      return {
        add: async (shard, partial) => {
          await call({ kind: 'add', shard, partial })
        },
        finish: () => call({ kind: 'finish' }),
        close() {
          if (isClosed) return
          const forgotten = call({ kind: 'forget' })
          isClosed = true
          forgotten.catch(() => {}).finally(() => threads.giveBack(thread))
        },
      }
    },
    close: () => threads.close(),
  }
}

class Threads {
  readonly #spawn: () => ComputeThread
  readonly #clock: Clock
  readonly #idleMax: number
  readonly #idle: Thread[] = []
  readonly #all = new Set<Thread>()
  #isClosed = false

  constructor(spawn: () => ComputeThread, clock: Clock, idleMax: number) {
    this.#spawn = spawn
    this.#clock = clock
    this.#idleMax = idleMax
  }

  take(): Thread {
    const thread = this.#idle.pop() ?? new Thread(this.#spawn(), this.#clock)
    this.#all.add(thread)
    return thread
  }

  /** At once where it is free, otherwise when it is. */
  giveBack(thread: Thread): void {
    thread.whenFree(() => {
      if (thread.isAlive && !this.#isClosed && this.#idle.length < this.#idleMax) this.#idle.push(thread)
      else this.#drop(thread)
    })
  }

  close(): void {
    this.#isClosed = true
    for (const thread of [...this.#all]) this.#drop(thread)
    this.#idle.length = 0
  }

  #drop(thread: Thread): void {
    thread.kill(new MeshError('cancelled', 'closed'))
    this.#all.delete(thread)
  }
}
