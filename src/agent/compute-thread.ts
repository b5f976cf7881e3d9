/** One compute worker and the one call that it is at. */
import type { Clock } from '../base/clock.ts'
import { MeshError } from '../base/errors.ts'
import type { ComputeCall, ComputeThread } from './compute-protocol.ts'

/** Until a worker has loaded. */
const loadMs = 30_000

interface Call {
  readonly start: () => void
  readonly settle: (outcome: Uint8Array | MeshError) => void
}

export class Thread {
  readonly #worker: ComputeThread
  readonly #clock: Clock
  #isReady = false
  #call: Call | undefined
  #whenFree: (() => void) | undefined
  isAlive = true

  constructor(worker: ComputeThread, clock: Clock) {
    this.#worker = worker
    this.#clock = clock
    worker.onerror = event =>
      this.kill(new MeshError('function-failed', `the compute worker failed: ${event.message ?? 'unknown'}`))
    worker.onmessage = ({ data }) => {
      if ('isReady' in data) {
        this.#isReady = true
        this.#call?.start()
      } else this.#call?.settle(data.isDone ? data.bytes : new MeshError(data.code, data.message))
    }
  }

  /** Over its time the worker is killed. When `signal` aborts, the caller is told at once, and the worker goes on until then. */
  call(call: ComputeCall, timeoutMs: number, signal?: AbortSignal): Promise<Uint8Array> {
    if (!this.isAlive) return Promise.reject(new MeshError('cancelled', 'the compute worker was stopped'))
    if (signal?.aborted) return Promise.reject(new MeshError('cancelled', 'the job has ended'))
    return new Promise((resolve, reject) => {
      const abort = () => reject(new MeshError('cancelled', 'the job has ended'))
      signal?.addEventListener('abort', abort)
      let stopClock = this.#limit(loadMs)
      const settle = (outcome: Uint8Array | MeshError) => {
        stopClock()
        signal?.removeEventListener('abort', abort)
        this.#call = undefined
        if (outcome instanceof MeshError) reject(outcome)
        else resolve(outcome)
        this.#free()
      }
      const start = () => {
        stopClock()
        stopClock = this.#limit(timeoutMs)
        this.#worker.postMessage(call)
      }
      this.#call = { start, settle }
      if (this.#isReady) start()
    })
  }

  /** Calls `fn` once the worker is at nothing any more. */
  whenFree(fn: () => void): void {
    this.#whenFree = fn
    if (!this.#call) this.#free()
  }

  kill(error: MeshError): void {
    if (!this.isAlive) return
    this.isAlive = false
    this.#worker.terminate()
    this.#call?.settle(error)
  }

  #limit(ms: number): () => void {
    return this.#clock.after(ms, () =>
      this.kill(new MeshError('function-timeout', `It took longer than ${ms / 1_000} s and was stopped.`)),
    )
  }

  #free(): void {
    const fn = this.#whenFree
    this.#whenFree = undefined
    fn?.()
  }
}
