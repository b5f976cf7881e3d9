/**
 * Pipes to the other tabs of this browser, one to each: dialled by whoever came later, again while there is none, and let go where a fault acts, so
 * that what a fault shows is what it does to links.
 */
import type { Clock } from '../../../base/clock.ts'
import type { PeerId, SessionId } from '../../../base/ids.ts'
import { bufferedBytesHigh, frameBytesMax } from '../../../link/limits.ts'
import type { LinkProvider, Pipe, Remote } from '../../../link/types.ts'
import type { FaultInfo } from '../../faults/types.ts'
import type { Mesh, PeerInfo } from '../../types.ts'
import { drainWaitMs, earlyBatchesMax, lostAfterMs, redialMs, settledMs } from './limits.ts'

export interface SiblingPipesOptions {
  readonly clock: Clock
  readonly mesh: Pick<Mesh, 'id' | 'peers' | 'on'>
  readonly session: SessionId
  /** The same for all tabs of one browser. */
  readonly browser: string
  readonly links: LinkProvider
  readonly faults: { readonly list: readonly FaultInfo[] }
  readonly count: (counter: string) => void
  /** There is a pipe to this tab from now on. */
  readonly onOpen: (to: Remote) => void
  /** Call with each frame that came for this tab alone. */
  readonly deliver: (from: PeerId, frame: Uint8Array) => void
}

type TakeBatch = (from: PeerId, batch: Uint8Array) => void

/** The first byte of what crosses a pipe tells which of these it is: a batch of broadcasts, or one frame for the other end. */
const kinds = ['batch', 'frame'] as const
type Kind = (typeof kinds)[number]

interface Open {
  readonly pipe: Pipe
  readonly sinceMs: number
}

export class SiblingPipes {
  /** There is no pipe to this peer any more, though it is still here. */
  onLost: (peer: PeerId) => void = () => {}
  readonly #options: SiblingPipesOptions
  readonly #open = new Map<PeerId, Open>()
  readonly #stops: (() => void)[]
  readonly #closing = new AbortController()
  #takeBatch: TakeBatch | undefined
  /** Batches that came before anybody takes them. */
  readonly #early: Parameters<TakeBatch>[] = []
  #drained: () => void = () => {}
  /** When a pipe was last opened or closed. */
  #changedMs = Number.NEGATIVE_INFINITY

  constructor(options: SiblingPipesOptions) {
    this.#options = options
    const { clock, mesh, links } = options
    this.#stops = [
      links.onPipe(pipe => this.use(pipe)),
      mesh.on('agent-join', peer => void this.#dialMember(peer)),
      mesh.on('agent-leave', ({ peer }) => this.#left(peer)),
      mesh.on('fault', () => this.#review()),
      clock.every(redialMs, () => this.#dialAll()),
    ]
    this.#dialAll()
  }

  has(peer: PeerId): boolean {
    return this.#open.has(peer)
  }

  get isDialling(): boolean {
    return this.#options.links.engaged.size > 0
  }

  /** Whether it may be supposed that other tabs of this browser have their pipes to this peer as well. */
  isSettled(peer: PeerId): boolean {
    const open = this.#open.get(peer)
    return open !== undefined && this.#options.clock.monotonicMs() - open.sinceMs >= settledMs
  }

  /** Whether each of these has its pipe, and no pipe was opened or closed for a while: nobody comes, or was given up and is here all the same. */
  areSettled(peers: readonly PeerId[]): boolean {
    return this.#options.clock.monotonicMs() - this.#changedMs >= settledMs && peers.every(peer => this.#open.has(peer))
  }

  /** To every tab that takes it in; resolves with whom it went to: with nobody where not `mayGo` any more, once there is room. */
  async post(batch: Uint8Array, mayGo = () => true): Promise<ReadonlySet<PeerId>> {
    if (this.#open.size === 0 || batch.length >= frameBytesMax) return new Set()
    if (this.#full.length > 0) await this.#draining()
    if (!mayGo()) return new Set()
    const bytes = marked('batch', batch)
    for (const { pipe } of this.#open.values()) pipe.send(bytes)
    return new Set(this.#open.keys())
  }

  /** To one tab; false where it must go another way. */
  send(to: PeerId, encode: () => Uint8Array): boolean {
    const pipe = this.#open.get(to)?.pipe
    if (!pipe || pipe.bufferedBytes >= bufferedBytesHigh) return false
    const frame = encode()
    if (frame.length >= frameBytesMax) return false
    pipe.send(marked('frame', frame))
    return true
  }

  close(): void {
    for (const stop of this.#stops) stop()
    this.#closing.abort()
    this.#options.links.close()
  }

  #dialAll(): void {
    for (const peer of this.#options.mesh.peers) void this.#dialMember(peer)
  }

  async #dialMember({ id: peer, session, browser }: PeerInfo): Promise<void> {
    if (browser === this.#options.browser) await this.dial({ peer, session })
  }

  /** A tab of this browser. Of two the later dials: the other listens already. */
  async dial({ peer, session }: Remote): Promise<void> {
    const { session: own, links } = this.#options
    if (own < session || this.#isFaulty) return
    if (this.#open.get(peer)?.pipe.remote.session === session || links.engaged.has(peer)) return
    // Who does not answer is asked again: its own engine may just be loading this.
    await links.dial({ peer, session }, { signal: this.#closing.signal }).then(
      pipe => this.use(pipe),
      () => {},
    )
  }

  /** A pipe to a tab of this browser: from now on frames go over it. */
  use(pipe: Pipe): void {
    const { peer } = pipe.remote
    if (this.#isFaulty) return pipe.close('a fault acts here')
    this.#changedMs = this.#options.clock.monotonicMs()
    this.#open.set(peer, { pipe, sinceMs: this.#changedMs })
    pipe.open({
      onFrame: bytes => {
        const kind = kinds[bytes[0] ?? kinds.length]
        if (kind === 'batch') this.#came(pipe, bytes.subarray(1))
        else if (kind === 'frame') this.#options.deliver(peer, bytes.subarray(1))
        else this.#options.count('dropped.malformed')
      },
      onDrain: () => this.#drained(),
      onClose: () => this.#closed(pipe),
    })
    this.#options.onOpen(pipe.remote)
  }

  /** From now on batches are handed over, and first those that came before. */
  takeBatches(take: TakeBatch): void {
    this.#takeBatch = take
    for (const early of this.#early.splice(0)) take(...early)
  }

  #came(pipe: Pipe, batch: Uint8Array): void {
    if (this.#takeBatch) this.#takeBatch(pipe.remote.peer, batch)
    else if (this.#early.push([pipe.remote.peer, batch]) >= earlyBatchesMax) pipe.close('nothing takes batches yet')
  }

  #closed(pipe: Pipe): void {
    const { clock, mesh } = this.#options
    const { peer } = pipe.remote
    if (this.#open.get(peer)?.pipe !== pipe) return
    this.#open.delete(peer)
    this.#changedMs = clock.monotonicMs()
    this.#drained()
    // Mostly its tab leaves, and then there is nothing that could be missed.
    clock.after(lostAfterMs, () => {
      if (!this.has(peer) && mesh.peers.some(({ id }) => id === peer)) this.onLost(peer)
    })
  }

  get #isFaulty(): boolean {
    return this.#options.faults.list.some(({ actsHere }) => actsHere)
  }

  #review(): void {
    if (!this.#isFaulty) return this.#dialAll()
    for (const { pipe } of [...this.#open.values()]) pipe.close('a fault acts here')
  }

  #left({ id, session }: PeerInfo): void {
    const pipe = this.#open.get(id)?.pipe
    if (pipe?.remote.session === session) pipe.close('its tab left')
  }

  get #full(): Pipe[] {
    return [...this.#open.values()].flatMap(({ pipe }) => (pipe.bufferedBytes >= bufferedBytesHigh ? [pipe] : []))
  }

  /** The pipe to whoever has not drained by then ends: it learns what it missed from others. */
  async #draining(): Promise<void> {
    const { clock, count } = this.#options
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = clock.after(drainWaitMs, resolve)
    this.#drained = () => {
      if (this.#full.length === 0) resolve()
    }
    await promise
    stop()
    this.#drained = () => {}
    for (const pipe of this.#full) {
      count('gossip.siblings-stalled')
      pipe.close('it takes nothing in')
    }
  }
}

function marked(kind: Kind, bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(1 + bytes.length)
  whole[0] = kinds.indexOf(kind)
  whole.set(bytes, 1)
  return whole
}
