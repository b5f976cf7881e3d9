/** The register, kept current for the page: read once through the leader, then by watching. Tells its host at most ten times a second. */
import type { ReactiveController, ReactiveControllerHost } from 'lit'
import { type MeshError, toMeshError } from '../../base/errors.ts'
import type { DecidedChange, Decisions } from '../../consensus/decisions/types.ts'
import { PacedFrame } from '../paced-frame.ts'
import { watchedRowsMax } from './limits.ts'
import { RegisterBook } from './register-book.ts'

export interface SeenChange extends DecidedChange {
  readonly sequence: number
  readonly atMs: number
}

export class RegisterFeed implements ReactiveController {
  readonly book = new RegisterBook()
  /** Newest first. */
  changes: readonly SeenChange[] = []
  changesSeen = 0
  state: 'reading' | 'current' | 'failed' = 'reading'
  failure: MeshError | undefined

  readonly #host: ReactiveControllerHost
  #source: Decisions | undefined
  #frame: PacedFrame | undefined
  #off: (() => void) | undefined
  #reads = 0

  constructor(host: ReactiveControllerHost) {
    this.#host = host
    host.addController(this)
  }

  hostConnected(): void {
    this.#frame = new PacedFrame(() => this.#host.requestUpdate())
    const source = this.#source
    this.#source = undefined
    this.follow(source)
  }

  hostDisconnected(): void {
    this.#off?.()
    this.#off = undefined
    this.#frame?.close()
    this.#frame = undefined
  }

  /** Another mesh is another register. */
  follow(source: Decisions | undefined): void {
    if (source === this.#source) return
    this.#off?.()
    this.#off = undefined
    this.#source = source
    this.book.clear()
    this.changes = []
    if (!source || !this.#frame) return
    this.#off = source.watch(change => this.#notice(change))
    void this.read()
  }

  /** Through the leader: nobody has a newer one. What is shown stays until the answer is there. */
  async read(): Promise<void> {
    const source = this.#source
    if (!source) return
    const read = ++this.#reads
    this.state = 'reading'
    this.book.beginList()
    try {
      const list = await source.list()
      if (read !== this.#reads || source !== this.#source) return
      this.book.endList(list)
      this.state = 'current'
      this.failure = undefined
    } catch (thrown) {
      if (read !== this.#reads || source !== this.#source) return
      this.state = 'failed'
      this.failure = toMeshError(thrown, 'disconnected')
    }
    this.#frame?.request()
  }

  #notice(change: DecidedChange): void {
    this.book.apply(change)
    this.changesSeen++
    const seen = { ...change, sequence: this.changesSeen, atMs: Date.now() }
    this.changes = [seen, ...this.changes.slice(0, watchedRowsMax - 1)]
    this.#frame?.request()
  }
}
