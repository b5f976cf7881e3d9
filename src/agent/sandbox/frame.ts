/** The engine's hold on one sandbox frame: starts functions in it, times them, and stops them. */
import type { Clock } from '../../base/clock.ts'
import { MeshError } from '../../base/errors.ts'
import { functionLoadMs, stopGraceMs } from './limits.ts'
import { type FrameCall, type FrameReply, parseFrameReply, type SandboxInput } from './messages.ts'

/** As much of a MessagePort as is used. */
export interface FramePort {
  postMessage(call: FrameCall, transfer?: Transferable[]): void
  onmessage: ((event: MessageEvent) => void) | null
  close(): void
}

interface Run {
  readonly settle: (outcome: Uint8Array | MeshError) => void
  readonly ready: () => void
}

export class Frame {
  readonly #port: FramePort
  readonly #clock: Clock
  readonly #onBroken: (frame: Frame) => void
  readonly #runs = new Map<number, Run>()
  readonly #stopping = new Map<number, () => void>()
  #nextId = 0
  #isClosed = false

  constructor(port: FramePort, clock: Clock, onBroken: (frame: Frame) => void) {
    this.#port = port
    this.#clock = clock
    this.#onBroken = onBroken
    port.onmessage = ({ data }) => {
      const reply = parseFrameReply(data)
      if (reply) this.#heard(reply)
    }
  }

  run(script: string, input: SandboxInput, timeoutMs: number, signal?: AbortSignal): Promise<Uint8Array> {
    if (this.#isClosed) return Promise.reject(gone())
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      const late = (ms: number) => () => stop(new MeshError('function-timeout', timeoutMessage(ms)))
      const abort = () => stop(new MeshError('cancelled', 'the job has ended'))
      // Reading the function has a time of its own: a code that never ends at top level never gets ready.
      let cancelClock = this.#clock.after(functionLoadMs, late(functionLoadMs))
      const settle = (outcome: Uint8Array | MeshError) => {
        this.#runs.delete(id)
        cancelClock()
        signal?.removeEventListener('abort', abort)
        if (outcome instanceof MeshError) reject(outcome)
        else resolve(outcome)
      }
      const stop = (error: MeshError) => {
        settle(error)
        this.#stop(id)
      }
      const ready = () => {
        cancelClock()
        cancelClock = this.#clock.after(timeoutMs, late(timeoutMs))
      }
      this.#runs.set(id, { settle, ready })
      this.#port.postMessage({ kind: 'start', id, script, input })
      if (signal?.aborted) abort()
      else signal?.addEventListener('abort', abort)
    })
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const cancel of this.#stopping.values()) cancel()
    for (const run of [...this.#runs.values()]) run.settle(gone())
    this.#port.close()
  }

  #stop(id: number): void {
    if (this.#isClosed) return
    this.#port.postMessage({ kind: 'stop', id })
    const cancel = this.#clock.after(stopGraceMs, () => {
      this.close()
      this.#onBroken(this)
    })
    this.#stopping.set(id, cancel)
  }

  #heard(reply: FrameReply): void {
    const run = this.#runs.get(reply.id)
    switch (reply.kind) {
      case 'ready':
        return run?.ready()
      case 'done':
        return run?.settle(reply.bytes)
      case 'failed':
        return run?.settle(new MeshError(reply.code, reply.message))
      case 'stopped':
        this.#stopping.get(reply.id)?.()
        this.#stopping.delete(reply.id)
    }
  }
}

function timeoutMessage(timeoutMs: number): string {
  return `The function ran longer than ${timeoutMs / 1_000} s and was stopped.`
}

/** Not the function's fault: whoever asked may ask again. */
function gone(): MeshError {
  return new MeshError('disconnected', 'the code sandbox was closed')
}
