/** A value that can be watched. Setting what is already there, even as a copy, tells nobody: snapshots arrive as fresh copies. */
import { sameJson } from './same-json.ts'

export interface Readable<T> {
  readonly value: T
  subscribe(listener: () => void): () => void
}

export class Cell<T> implements Readable<T> {
  #value: T
  readonly #listeners = new Set<() => void>()

  constructor(value: T) {
    this.#value = value
  }

  get value(): T {
    return this.#value
  }

  set(value: T): void {
    if (sameJson(this.#value, value)) return
    this.#value = value
    for (const listener of [...this.#listeners]) listener()
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
