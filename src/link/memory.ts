/** Pipes inside one process, with optional delay: for tests of everything above, and for agents that share a process. */
import type { Clock } from '../base/clock.ts'
import { MeshError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import { bufferedBytesHigh, bufferedBytesLow } from './limits.ts'
import { PipeBase } from './pipe-base.ts'
import type { LinkProvider, Pipe, Remote } from './types.ts'

class MemoryPipe extends PipeBase {
  other: MemoryPipe | undefined
  bufferedBytes = 0
  #wasHigh = false
  readonly #later: (fn: () => void) => void

  constructor(remote: Remote, later: (fn: () => void) => void) {
    super('memory', remote)
    this.#later = later
  }

  send(frame: Uint8Array): void {
    if (this.isClosed) return
    const copy = frame.slice() // what was sent must not change under way
    this.bufferedBytes += copy.byteLength
    if (this.bufferedBytes >= bufferedBytesHigh) this.#wasHigh = true
    this.#later(() => {
      this.bufferedBytes -= copy.byteLength
      this.other?.arrive(copy)
      if (this.#wasHigh && this.bufferedBytes <= bufferedBytesLow) {
        this.#wasHigh = false
        this.drained()
      }
    })
  }

  arrive(frame: Uint8Array): void {
    if (!this.isClosed) this.deliver(frame)
  }

  close(reason: string): void {
    if (this.isClosed) return
    this.closed(reason)
    this.#later(() => this.other?.closed(reason))
  }
}

/** The room-wide switchboard: every provider of one hub can dial every other. */
export class MemoryHub {
  readonly #providers = new Map<PeerId, MemoryProvider>()
  readonly #delayMs: () => number
  readonly #clock: Clock | undefined

  /** Refuse a second pipe between two peers, as WebRTC links do; libp2p's own suite needs several. */
  readonly onePerPeer: boolean

  constructor(
    options: { readonly clock?: Clock; readonly delayMs?: () => number; readonly onePerPeer?: boolean } = {},
  ) {
    this.onePerPeer = options.onePerPeer ?? true
    this.#clock = options.clock
    this.#delayMs = options.delayMs ?? (() => 0)
  }

  provider(self: Remote): MemoryProvider {
    const provider = new MemoryProvider(self, this)
    this.#providers.set(self.peer, provider)
    return provider
  }

  find(peer: PeerId): MemoryProvider | undefined {
    return this.#providers.get(peer)
  }

  remove(provider: MemoryProvider): void {
    if (this.#providers.get(provider.self.peer) === provider) this.#providers.delete(provider.self.peer)
  }

  /** Runs `fn` after the hub's delay, always in the order of the calls. */
  ordered(): (fn: () => void) => void {
    let free = 0
    return fn => {
      const clock = this.#clock
      if (!clock) return queueMicrotask(fn)
      const now = clock.monotonicMs()
      free = Math.max(free, now + this.#delayMs())
      clock.after(free - now, fn)
    }
  }
}

export class MemoryProvider implements LinkProvider {
  readonly kind = 'memory'
  readonly engaged: ReadonlySet<PeerId> = new Set() // a memory dial is over at once
  readonly self: Remote
  readonly #hub: MemoryHub
  readonly #listeners = new Set<(pipe: Pipe) => void>()
  readonly #pipes = new Set<MemoryPipe>()

  constructor(self: Remote, hub: MemoryHub) {
    this.self = self
    this.#hub = hub
  }

  async dial(to: Remote, options: { readonly signal: AbortSignal }): Promise<Pipe> {
    options.signal.throwIfAborted()
    const callee = this.#hub.find(to.peer)
    if (!callee || callee.#listeners.size === 0) throw new MeshError('dial-failed', `nobody answers as ${to.peer}`)
    for (const pipes of [this.#pipes, callee.#pipes]) for (const pipe of pipes) if (pipe.isClosed) pipes.delete(pipe)
    if (this.#hub.onePerPeer && [...this.#pipes].some(pipe => pipe.remote.peer === to.peer))
      throw new MeshError('disconnected', 'a link to this peer exists')
    const near = new MemoryPipe(callee.self, this.#hub.ordered())
    const far = new MemoryPipe(this.self, this.#hub.ordered())
    near.other = far
    far.other = near
    this.#pipes.add(near)
    callee.#pipes.add(far)
    for (const listener of callee.#listeners) listener(far)
    return near
  }

  onPipe(listener: (pipe: Pipe) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** As when the process dies: every pipe closes. */
  close(): void {
    this.#hub.remove(this)
    for (const pipe of this.#pipes) pipe.close('provider closed')
    this.#pipes.clear()
  }
}
