/**
 * Who is where: each peer's editors (Yjs clients) with what they show of themselves, such as a cursor. Nothing of it is kept; it ends when
 * its peer leaves. Bytes are y-protocols' awareness updates, of one client each, so that any Yjs editor binding understands them.
 *
 * 1. Nobody speaks for another's clients.
 * 2. A session shows nothing once it is over: gossip may bring its words late, after a reload, or when a split heals, and they are dropped.
 * 3. Who was given up and comes back in the same session, as after a split, is shown again as it was, though it says nothing new.
 * 4. What is new is broadcast, and broadcasts are not acknowledged. So what a peer shows first is sent to each of the others, as it is to
 *    whoever comes, and its latest to one that was suspected meanwhile, and answers again.
 *
 *   shared.presence  broadcast, send   an awareness update of the sender's own clients; one of none asks for the receiver's
 */
import type { Clock } from '../base/clock.ts'
import { MeshError } from '../base/errors.ts'
import type { PeerId, SessionId } from '../base/ids.ts'
import type { Incoming, Mesh } from '../mesh/types.ts'
import { presenceAbsentMax, presenceBytesMax, presenceClientsMax, presencePaceMs, presenceRenewMs } from './limits.ts'

export const presenceTopic = 'shared.presence'

export interface PresenceOptions {
  readonly mesh: Mesh
  readonly clock: Clock
  /** A peer shows something new of itself. */
  readonly onUpdate: (update: Uint8Array) => void
  /** These clients are gone, with their peer. */
  readonly onGone: (clients: readonly number[]) => void
  readonly count: (counter: string) => void
}

/** As far as a Date goes, ms since 1970. */
const timeMax = 8.64e15

/** An awareness update of no clients. */
const question = Uint8Array.of(0)

const decoder = new TextDecoder('utf-8', { fatal: true })

/** One client's line in an awareness update. */
export interface ClientState {
  readonly client: number
  readonly clock: number
  /** JSON; `null` for a client that is gone. */
  readonly state: string
}

interface Words {
  readonly payload: unknown
  /** When they were said, by the clock of who said them. */
  readonly timestamp: number
  /** In which its peer was here then, as far as was known; undefined where it was not. */
  readonly session?: SessionId
}

export class Presence {
  readonly #options: PresenceOptions
  /** Whose clients are whose: nobody speaks for another's. */
  readonly #ownerOf = new Map<number, PeerId>()
  readonly #latest = new Map<PeerId, Map<number, Words & { readonly payload: Uint8Array }>>()
  /** What those showed who are not here, not yet or not any more; the longest absent goes first. */
  readonly #absent = new Map<PeerId, readonly Words[]>()
  readonly #offs: (() => void)[]
  #own: Uint8Array | undefined
  /** Those that are suspected, and whether something was shown since. */
  readonly #suspects = new Map<PeerId, boolean>()
  #stopWaiting: (() => void) | undefined

  constructor(options: PresenceOptions) {
    this.#options = options
    const { mesh, clock } = options
    this.#offs = [
      mesh.subscribe(presenceTopic, (payload, incoming) => this.#receive(payload, incoming)),
      mesh.on('agent-leave', ({ peer }) => this.#left(peer.id)),
      mesh.on('agent-join', ({ id, session }) => {
        this.#arrived(id, session)
        this.#sendOwn(id)
      }),
      mesh.on('agent-change', ({ id, state }) => {
        const isBehind = this.#suspects.get(id) ?? false
        if (state !== 'alive') this.#suspects.set(id, isBehind)
        else if (this.#suspects.delete(id) && isBehind) this.#sendOwn(id)
      }),
      clock.every(presenceRenewMs, () => this.#tell()),
    ]
    // Whoever was here before may have told us before anybody listened.
    for (const { id } of mesh.peers) mesh.send(id, presenceTopic, question).catch(() => {})
  }

  /** What this tab shows of itself; only the latest leaves. */
  show(update: Uint8Array): void {
    const { clock, mesh } = this.#options
    const isFirst = this.#own === undefined
    this.#own = update
    if (isFirst) for (const { id } of mesh.peers) this.#sendOwn(id)
    for (const id of this.#suspects.keys()) this.#suspects.set(id, true)
    if (this.#stopWaiting) return
    this.#tell()
    this.#stopWaiting = clock.after(presencePaceMs, () => {
      this.#stopWaiting = undefined
      if (this.#own && this.#own !== update) this.show(this.#own)
    })
  }

  /** What all others show, for an editor that opens now. */
  *all(): Generator<Uint8Array> {
    for (const clients of this.#latest.values()) for (const { payload } of clients.values()) yield payload
  }

  close(): void {
    for (const off of this.#offs) off()
    this.#stopWaiting?.()
  }

  #sendOwn(to: PeerId): void {
    if (this.#own) this.#options.mesh.send(to, presenceTopic, this.#own).catch(() => {})
  }

  #tell(): void {
    if (this.#own) this.#options.mesh.broadcast(presenceTopic, this.#own).catch(() => {})
  }

  #receive(payload: unknown, { from, timestamp }: Pick<Incoming, 'from' | 'timestamp'>): void {
    const { mesh, count, onUpdate } = this.#options
    const peer = mesh.peers.find(({ id }) => id === from)
    if (!peer) return this.#keep(from, { payload, timestamp })
    if (timestamp < beganMs(peer.session)) return count('shared.presence-late')
    const clients = payload instanceof Uint8Array ? decodePresence(payload) : new MeshError('malformed', 'not bytes')
    if (clients instanceof MeshError) return count('shared.malformed')
    if (clients.length === 0) return this.#sendOwn(from)
    const known = this.#latest.get(from) ?? new Map()
    for (const { client, state } of clients) {
      const owner = this.#ownerOf.get(client)
      const isFull = known.size >= presenceClientsMax && !known.has(client)
      if ((owner !== undefined && owner !== from) || isFull) return count('shared.presence-refused')
      this.#ownerOf.set(client, from)
      if (state === 'null') known.delete(client)
      else known.set(client, { payload: payload as Uint8Array, timestamp, session: peer.session })
    }
    this.#latest.set(from, known)
    onUpdate(payload as Uint8Array)
  }

  #left(peer: PeerId): void {
    this.#suspects.delete(peer)
    const shown = [...(this.#latest.get(peer)?.values() ?? [])]
    if (shown.length > 0) this.#keep(peer, ...shown)
    this.#latest.delete(peer)
    const clients = [...this.#ownerOf].filter(([, owner]) => owner === peer).map(([client]) => client)
    for (const client of clients) this.#ownerOf.delete(client)
    if (clients.length > 0) this.#options.onGone(clients)
  }

  #keep(peer: PeerId, ...words: readonly Words[]): void {
    const kept = [...(this.#absent.get(peer) ?? []), ...words].slice(-presenceClientsMax)
    this.#absent.delete(peer)
    this.#absent.set(peer, kept)
    const [longest] = this.#absent.keys()
    if (this.#absent.size > presenceAbsentMax && longest !== undefined) this.#absent.delete(longest)
  }

  /** What it said before it was known to be here, or in this session when it was here last. */
  #arrived(from: PeerId, session: SessionId): void {
    const words = this.#absent.get(from) ?? []
    this.#absent.delete(from)
    for (const { payload, timestamp, session: former } of words) {
      // Its words may have come before it was known that this session had replaced the former one.
      const mayBeOfThis =
        former === undefined || former === session || timestamp >= (beganMs(session) || Number.POSITIVE_INFINITY)
      if (mayBeOfThis) this.#receive(payload, { from, timestamp })
    }
  }
}

/** By the clock of the session's own machine, which also tells when it said something; 0 where its name does not say. */
function beganMs(session: SessionId): number {
  const began = Number.parseInt(session.split('-')[0] ?? '', 36)
  return began > 0 && began < timeMax ? began : 0
}

/** Checks an awareness update of a peer: number of clients, then of each its id, its clock, and its state as JSON. Never throws. */
export function decodePresence(update: Uint8Array): readonly ClientState[] | MeshError<'malformed'> {
  const malformed = new MeshError('malformed', 'no awareness update')
  if (update.length > presenceBytesMax * presenceClientsMax) return malformed
  let at = 0
  /** lib0's variable-length number: 7 bits a byte, the lowest first. */
  const number = () => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = update[at++]
      if (byte === undefined || factor > 2 ** 49) throw new RangeError('a number without end')
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  try {
    const clients: ClientState[] = []
    for (let left = number(); left > 0; left--) {
      const [client, clock, bytes] = [number(), number(), number()]
      const state = decoder.decode(update.subarray(at, at + bytes))
      at += bytes
      const value: unknown = JSON.parse(state)
      if (bytes > presenceBytesMax || at > update.length || typeof value !== 'object' || Array.isArray(value))
        return malformed
      clients.push({ client, clock, state })
    }
    return at === update.length && clients.length <= presenceClientsMax ? clients : malformed
  } catch {
    return malformed
  }
}
