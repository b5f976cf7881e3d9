/** What each address has in use: its open sockets, and a bucket for its arrivals. */
import type { SignalingLimits } from './limits.ts'
import { TokenBucket } from './token-bucket.ts'

interface Usage {
  sockets: number
  readonly arrivals: TokenBucket
}

export type Admission = 'admitted' | 'server-full' | 'too-many-sockets' | 'too-many-arrivals'

export class AddressQuotas {
  readonly #limits: SignalingLimits
  readonly #usage = new Map<string, Usage>()
  #sockets = 0

  constructor(limits: SignalingLimits) {
    this.#limits = limits
  }

  get sockets(): number {
    return this.#sockets
  }

  /** Counts one more socket in, unless that is too many. */
  open(address: string, nowMs: number): Admission {
    if (this.#sockets >= this.#limits.sockets) return 'server-full'
    const usage = this.#usage.get(address) ?? this.#remember(address, nowMs)
    if (usage === undefined) return 'server-full'
    if (usage.sockets >= this.#limits.socketsPerAddress) return 'too-many-sockets'
    if (!usage.arrivals.take(1, nowMs)) return 'too-many-arrivals'
    usage.sockets += 1
    this.#sockets += 1
    return 'admitted'
  }

  close(address: string): void {
    const usage = this.#usage.get(address)
    if (usage === undefined) return
    usage.sockets -= 1
    this.#sockets -= 1
  }

  /** A join costs as much as a new socket. */
  join(address: string, nowMs: number): boolean {
    return this.#usage.get(address)?.arrivals.take(1, nowMs) ?? false
  }

  /** Forgets addresses that have nothing open and a full bucket: they are as if never seen. */
  sweep(nowMs: number): void {
    for (const [address, usage] of this.#usage)
      if (usage.sockets === 0 && usage.arrivals.isFull(nowMs)) this.#usage.delete(address)
  }

  #remember(address: string, nowMs: number): Usage | undefined {
    if (this.#usage.size >= this.#limits.addresses) this.sweep(nowMs)
    if (this.#usage.size >= this.#limits.addresses) return undefined
    const arrivals = new TokenBucket(this.#limits.arrivalsBurst, this.#limits.arrivalsPerSecond, nowMs)
    const usage = { sockets: 0, arrivals }
    this.#usage.set(address, usage)
    return usage
  }
}
