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

interface Pending {
  readonly sealed: string[]
  readonly stop: () => void
}

export class SignalRoutes {
  readonly #options: SignalRoutesOptions
  /** What went through the mesh only, by session, for as long as nothing came of it. */
  readonly #pending = new Map<SessionId, Pending>()

  constructor(options: SignalRoutesOptions) {
    this.#options = options
  }

  /** False where no way leads there. */
  carry(to: Remote, sealed: string): boolean {
    const { isNear, carry, hasPath, sessionOf, relay, count } = this.#options
    if (isNear(to.session) && carry(to.session, sealed)) return true
    // What goes to a former session of the same peer is lost.
    if (sessionOf(to.peer) !== to.session || !hasPath(to.peer)) return carry(to.session, sealed)
    count('signals.relayed')
    this.#remember(to.session, sealed)
    relay(to, sealed)
    return true
  }

  /** The link to this session stands: what we said has reached it. */
  linked(session: SessionId): void {
    this.#pending.get(session)?.stop()
    this.#pending.delete(session)
  }

  close(): void {
    for (const session of [...this.#pending.keys()]) this.linked(session)
  }

  #remember(session: SessionId, sealed: string): void {
    const known = this.#pending.get(session)
    if (known) {
      if (known.sealed.length < signalQueueMax) known.sealed.push(sealed)
      return
    }
    if (this.#pending.size >= signalQueueMax) return
    const stop = this.#options.clock.after(linkWaitMs, () => this.#sendAgain(session))
    this.#pending.set(session, { sealed: [sealed], stop })
  }

  /** All of it: the other side hands each signal on once, in order. */
  #sendAgain(session: SessionId): void {
    const { sealed = [] } = this.#pending.get(session) ?? {}
    this.#pending.delete(session)
    this.#options.count('signals.sent-again')
    for (const signal of sealed) this.#options.carry(session, signal)
  }
}
