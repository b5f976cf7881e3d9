/**
 * Tells when sessions of this browser end. A session's lock is waited for once, however many here want to know: its release is a
 * message to each who waits.
 */
import type { Clock } from '../base/clock.ts'
import type { SessionId } from '../base/ids.ts'

export interface SessionWatchOptions {
  readonly clock: Clock
  /** Resolves with true when the session's alive lock is released, which only happens when its worker is gone. */
  readonly ends: (session: SessionId, signal: AbortSignal) => Promise<boolean>
  /** A page that closes says goodbye and frees its lock at once; the goodbye is given this long to come first, ms. */
  readonly headStartMs: number
}

interface Watch {
  readonly listeners: Set<() => void>
  readonly waiting: AbortController
}

export class SessionWatch {
  readonly #options: SessionWatchOptions
  readonly #watches = new Map<SessionId, Watch>()

  constructor(options: SessionWatchOptions) {
    this.#options = options
  }

  /** Calls back when the session is gone; returns how to stop watching. */
  readonly watch = (session: SessionId, onGone: () => void): (() => void) => {
    const watch = this.#watches.get(session) ?? this.#begin(session)
    const listener = () => onGone()
    watch.listeners.add(listener)
    return () => {
      if (!watch.listeners.delete(listener) || watch.listeners.size > 0) return
      watch.waiting.abort()
      this.#forget(session, watch)
    }
  }

  #begin(session: SessionId): Watch {
    const { clock, ends, headStartMs } = this.#options
    const watch: Watch = { listeners: new Set(), waiting: new AbortController() }
    this.#watches.set(session, watch)
    void ends(session, watch.waiting.signal).then(isOver => {
      if (isOver) clock.after(headStartMs, () => this.#over(session, watch))
    })
    return watch
  }

  #over(session: SessionId, watch: Watch): void {
    this.#forget(session, watch)
    const listeners = [...watch.listeners]
    watch.listeners.clear()
    for (const listener of listeners) listener()
  }

  #forget(session: SessionId, watch: Watch): void {
    if (this.#watches.get(session) === watch) this.#watches.delete(session)
  }
}
