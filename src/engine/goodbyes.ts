/**
 * What pages of this browser say when they go, as the other pages hear it themselves: where many tabs share a processor, the page of a
 * hidden one comes after all workers, and need not wait there until its engine has checked the same word and told it. The channel's
 * name only members of the room can work out, and only who is listed with this browser is believed gone. For all that follows the
 * engine checks the signature.
 */
import type { PeerId, SessionId } from '../base/ids.ts'
import type { PeerInfo } from '../mesh/types.ts'
import type { HandleEvents } from './handle.ts'

type Leaving = HandleEvents['agent-leave']

/** By then the engine has said so too, or found that the word was false, ms. */
const believedMs = 1_000

export class Goodbyes {
  /** This browser, as its tabs are listed; nobody is believed before it is known. */
  browser: string | undefined
  /** Sessions that said goodbye, and until when that is believed. */
  readonly #heard = new Map<SessionId, number>()
  readonly #nowMs: () => number

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Who leaves with this word; undefined where it is none, or no news. */
  hear(record: unknown, peers: readonly PeerInfo[]): Leaving | undefined {
    const said = goodbyeIn(record)
    if (!said || this.browser === undefined || this.#heard.has(said.session)) return undefined
    const peer = peers.find(({ id, session, browser }) => {
      return id === said.by && session === said.session && browser === this.browser
    })
    if (!peer) return undefined
    this.#heard.set(said.session, this.#nowMs() + believedMs)
    return { peer, reason: 'closed' }
  }

  /** The engine says so too: true where it was told already. */
  confirm(session: SessionId): boolean {
    return this.#heard.delete(session)
  }

  /** Those of the engine's list who did not say goodbye: it may have been written before that was checked. */
  without(peers: readonly PeerInfo[]): readonly PeerInfo[] {
    if (this.#heard.size === 0) return peers
    const nowMs = this.#nowMs()
    for (const [session, untilMs] of this.#heard) if (untilMs < nowMs) this.#heard.delete(session)
    return peers.filter(({ session }) => !this.#heard.has(session))
  }
}

/** Whatever comes from other pages may be anything. */
function goodbyeIn(record: unknown): { readonly by: PeerId; readonly session: SessionId } | undefined {
  const { by, json } = (record ?? {}) as { readonly by?: unknown; readonly json?: unknown }
  if (typeof by !== 'string' || typeof json !== 'string') return undefined
  try {
    const content = JSON.parse(json) as { readonly session?: unknown; readonly reason?: unknown } | null
    if (typeof content?.session !== 'string' || content.reason !== 'closed') return undefined
    return { by: by as PeerId, session: content.session as SessionId }
  } catch {
    return undefined
  }
}
