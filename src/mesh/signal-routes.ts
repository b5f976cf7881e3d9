/**
 * Which way a signal takes: to a sibling over BroadcastChannel; otherwise through the mesh, so that it grows and mends itself
 * without any server; by the signaling server where no path leads through the mesh, or where no link comes of it soon.
 */
import type { Clock } from '../base/clock.ts'
import type { PeerId, SessionId } from '../base/ids.ts'
import { signalQueueMax } from '../link/limits.ts'
import type { Remote } from '../link/types.ts'

/** What went through the mesh goes by the server too where it has not led to a link by then, ms: dials take a tenth of it. */
const linkWaitMs = 1_000
/** What could not be carried at all is tried again so soon, ms, and so often: the server may be back in a moment. */
const retryMs = 250
const triesMax = 20

export interface SignalRoutesOptions {
  readonly clock: Clock
  /** The rendezvous reaches this session without any server or network. */
  readonly isNear: (session: SessionId) => boolean
  /** False where the rendezvous cannot carry it now. */
  readonly carry: (session: SessionId, sealed: string) => boolean
  /** The session to which the mesh would carry something for this peer. */
  readonly sessionOf: (peer: PeerId) => SessionId | undefined
  /** A path of links that stand leads there. */
  readonly hasPath: (peer: PeerId) => boolean
  readonly relay: (to: Remote, sealed: string) => void
  readonly count: (counter: string) => void
}

/** Signals to one session that may not have reached it. */
interface Pending {
  readonly to: Remote
  readonly sealed: string[]
  tries: number
  stop: () => void
}

export class SignalRoutes {
  readonly #options: SignalRoutesOptions
  /** By session, for as long as no link came of them. */
  readonly #pending = new Map<SessionId, Pending>()

  constructor(options: SignalRoutesOptions) {
    this.#options = options
  }

  /** False where no way leads there now; it is tried again for some seconds. */
  carry(to: Remote, sealed: string): boolean {
    const { isNear, carry } = this.#options
    if (isNear(to.session) && carry(to.session, sealed)) return true
    if (this.#relay(to, sealed)) {
      this.#remember(to, sealed, linkWaitMs)
      return true
    }
    if (carry(to.session, sealed)) return true
    this.#remember(to, sealed, retryMs)
    return false
  }

  /** The link to this session stands: what we said has reached it. */
  linked(session: SessionId): void {
    this.#pending.get(session)?.stop()
    this.#pending.delete(session)
  }

  close(): void {
    for (const session of [...this.#pending.keys()]) this.linked(session)
  }

  /** False where no path leads through the mesh. What goes to a former session of the same peer is lost. */
  #relay(to: Remote, sealed: string): boolean {
    const { sessionOf, hasPath, relay, count } = this.#options
    if (sessionOf(to.peer) !== to.session || !hasPath(to.peer)) return false
    count('signals.relayed')
    relay(to, sealed)
    return true
  }

  #remember(to: Remote, sealed: string, waitMs: number): void {
    const known = this.#pending.get(to.session)
    if (known) {
      if (known.sealed.length < signalQueueMax) known.sealed.push(sealed)
      return
    }
    if (this.#pending.size >= signalQueueMax) return
    const stop = this.#options.clock.after(waitMs, () => this.#sendAgain(to.session))
    this.#pending.set(to.session, { to, sealed: [sealed], tries: 0, stop })
  }

  /** All of it: the other side hands each signal on once, in order. */
  #sendAgain(session: SessionId): void {
    const pending = this.#pending.get(session)
    if (!pending) return
    const { carry, clock, count } = this.#options
    count('signals.sent-again')
    const isCarried = pending.sealed.every(sealed => carry(session, sealed))
    if (isCarried || ++pending.tries >= triesMax) this.#pending.delete(session)
    else {
      if (pending.tries === 1) for (const sealed of pending.sealed) this.#relay(pending.to, sealed)
      pending.stop = clock.after(retryMs, () => this.#sendAgain(session))
    }
  }
}
