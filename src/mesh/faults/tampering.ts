/**
 * Loses, doubles and holds back whole messages: frames of lanes, and what gossip sends each neighbour. It stands above the links, which are
 * reliable, and beneath acknowledgements and retries, which are what it puts to the test.
 */
import type { Clock } from '../../base/clock.ts'
import type { PeerId } from '../../base/ids.ts'
import type { Random } from '../../base/random.ts'
import { heldMessagesMax } from '../limits.ts'
import { conditionOf, fatesOf } from './condition.ts'
import type { FaultPlan } from './state.ts'

/** As much of gossipsub's messages to one neighbour as is touched. */
interface Rpc {
  readonly subscriptions: readonly unknown[]
  readonly messages: readonly unknown[]
  readonly control?: unknown
}

/** What is touched of gossipsub besides its public face. */
export interface GossipRouter {
  sendRpc(to: string, rpc: Rpc): boolean
  handleReceivedRpc(from: { toString(): string }, rpc: Rpc): Promise<void>
}

export class Tampering {
  readonly #plan: FaultPlan
  readonly #clock: Clock
  readonly #random: Random
  readonly #count: (counter: string) => void
  #held = 0

  constructor(plan: FaultPlan, clock: Clock, random: Random, count: (counter: string) => void) {
    this.#plan = plan
    this.#clock = clock
    this.#random = random
    this.#count = count
  }

  /** Performs `pass` now, later, twice or not at all. */
  message(peer: PeerId, way: 'out' | 'in', pass: () => void): void {
    if (this.#plan.faults.size === 0) return pass()
    const fates = this.#fates(peer, way)
    for (const holdMs of fates) this.#after(holdMs, pass)
  }

  /** Call once the node runs. */
  attach(router: GossipRouter): void {
    const send = router.sendRpc.bind(router)
    const handle = router.handleReceivedRpc.bind(router)
    router.sendRpc = (to, rpc) => {
      if (this.#plan.faults.size === 0 || rpc.messages.length === 0) return send(to, rpc)
      const now = this.#sift(to as PeerId, 'out', rpc.messages, message => void send(to, onlyMessage(message)))
      return send(to, { ...rpc, messages: now })
    }
    router.handleReceivedRpc = (from, rpc) => {
      if (this.#plan.faults.size === 0 || rpc.messages.length === 0) return handle(from, rpc)
      const peer = from.toString() as PeerId
      const now = this.#sift(peer, 'in', rpc.messages, message => void handle(from, onlyMessage(message)))
      return handle(from, { ...rpc, messages: now })
    }
  }

  /** Which messages go on at once; their other copies go on by themselves. */
  #sift(
    peer: PeerId,
    way: 'out' | 'in',
    messages: readonly unknown[],
    pass: (message: unknown) => void,
  ): readonly unknown[] {
    return messages.filter(message => {
      const [first, ...copies] = this.#fates(peer, way)
      for (const holdMs of copies) this.#after(holdMs, () => pass(message))
      if (first === undefined || first === 0) return first === 0
      this.#after(first, () => pass(message))
      return false
    })
  }

  #fates(peer: PeerId, way: 'out' | 'in'): readonly number[] {
    const fates = fatesOf(conditionOf(this.#plan, peer, way), this.#random)
    if (fates.length === 0) this.#count('faults.lost')
    if (fates.length > 1) this.#count('faults.doubled')
    if (fates.some(holdMs => holdMs > 0)) this.#count('faults.held')
    return fates
  }

  #after(holdMs: number, pass: () => void): void {
    if (holdMs === 0 || this.#held >= heldMessagesMax) return pass()
    this.#held++
    this.#clock.after(holdMs, () => {
      this.#held--
      pass()
    })
  }
}

function onlyMessage(message: unknown): Rpc {
  return { subscriptions: [], messages: [message] }
}
