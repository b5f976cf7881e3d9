/** Ties an element to a Readable: it renders when the value changes, and is subscribed only while in the page. */
import type { ReactiveController, ReactiveControllerHost } from 'lit'
import type { Readable } from './cell.ts'

export class Watch<T> implements ReactiveController {
  readonly #host: ReactiveControllerHost
  readonly #source: () => Readable<T> | undefined
  #watched: Readable<T> | undefined
  #off: (() => void) | undefined

  constructor(host: ReactiveControllerHost, source: () => Readable<T> | undefined) {
    this.#host = host
    this.#source = source
    host.addController(this)
  }

  get value(): T | undefined {
    return this.#source()?.value
  }

  hostConnected(): void {
    this.#attach()
  }

  hostUpdate(): void {
    this.#attach()
  }

  hostDisconnected(): void {
    this.#off?.()
    this.#off = undefined
    this.#watched = undefined
  }

  #attach(): void {
    const source = this.#source()
    if (source === this.#watched) return
    this.#off?.()
    this.#watched = source
    this.#off = source?.subscribe(() => this.#host.requestUpdate())
  }
}
