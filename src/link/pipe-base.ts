/** What every pipe shares: early frames wait for their handlers, and a close is told once. */
import { earlyFramesMax } from './limits.ts'
import type { LinkKind, Pipe, PipeHandlers, Remote } from './types.ts'

export abstract class PipeBase implements Pipe {
  readonly kind: LinkKind
  readonly remote: Remote
  #handlers: PipeHandlers | undefined
  #early: Uint8Array[] = []
  #closed: string | undefined

  constructor(kind: LinkKind, remote: Remote) {
    this.kind = kind
    this.remote = remote
  }

  abstract readonly bufferedBytes: number
  abstract send(frame: Uint8Array): void
  abstract close(reason: string): void

  open(handlers: PipeHandlers): void {
    if (this.#handlers) throw new Error('a pipe is opened once')
    this.#handlers = handlers
    for (const frame of this.#early.splice(0)) handlers.onFrame(frame)
    if (this.#closed !== undefined) handlers.onClose(this.#closed)
  }

  get isClosed(): boolean {
    return this.#closed !== undefined
  }

  protected deliver(frame: Uint8Array): void {
    if (this.#handlers) this.#handlers.onFrame(frame)
    else if (this.#early.length < earlyFramesMax) this.#early.push(frame)
    else this.close('too many early frames')
  }

  protected drained(): void {
    this.#handlers?.onDrain()
  }

  protected closed(reason: string): void {
    if (this.#closed !== undefined) return
    this.#closed = reason
    this.#handlers?.onClose(reason)
  }
}
