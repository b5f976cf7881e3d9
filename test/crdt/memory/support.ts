/** Memory stores without a mesh, and words for what they hold. */
import type { Clock } from '../../../src/base/clock.ts'
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import { MemoryStore } from '../../../src/crdt/memory/store.ts'
import type { Origin } from '../../../src/crdt/replica.ts'

export const stored: Origin = { kind: 'stored' }

/** A clock that stands still until it is moved. */
export class HandClock implements Clock {
  atMs: number
  #timers: { dueMs: number; everyMs: number; fn: () => void }[] = []

  constructor(atMs = 1_700_000_000_000) {
    this.atMs = atMs
  }

  nowMs = () => this.atMs
  monotonicMs = () => this.atMs
  after(delayMs: number, fn: () => void): () => void {
    return this.#add(delayMs, 0, fn)
  }
  every(intervalMs: number, fn: () => void): () => void {
    return this.#add(intervalMs, intervalMs, fn)
  }

  advance(ms: number): void {
    this.atMs += ms
    for (const timer of [...this.#timers]) {
      if (timer.dueMs > this.atMs) continue
      if (timer.everyMs === 0) this.#timers.splice(this.#timers.indexOf(timer), 1)
      else timer.dueMs = this.atMs + timer.everyMs
      timer.fn()
    }
  }

  #add(delayMs: number, everyMs: number, fn: () => void): () => void {
    const timer = { dueMs: this.atMs + delayMs, everyMs, fn }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer)
    }
  }
}

export function memoryOf(name: string, clock: Clock = new HandClock()): MemoryStore {
  return new MemoryStore({ self: { id: `peer ${name}` as PeerId, session: `session-${name}` as SessionId }, clock })
}

/** All of `from` goes to `to`. */
export function teach(from: MemoryStore, to: MemoryStore): void {
  const update = from.replica.missing(to.replica.vector())
  const problem = to.replica.merge(update, stored)
  if (problem) throw problem
}

export function exchange(one: MemoryStore, other: MemoryStore): void {
  teach(one, other)
  teach(other, one)
}

/** All that a reader can see. */
export function seen(store: MemoryStore): unknown {
  return JSON.parse(JSON.stringify(store.list()))
}
