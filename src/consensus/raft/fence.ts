/**
 * Which life of which member may speak here (DESIGN, section 6: two fences; the other one is the lock).
 *
 * Invariants
 * F1  Nothing of another generation is looked at (R34).
 * F2  Once a life of a member has spoken, no earlier life of it is heard (R30, R32).
 * F3  Of two hosts that claim the same life, only the first is heard (R18).
 */
import { MEMBERS_MAX, STRANGERS_MAX } from './limits.ts'
import type { MemberId, Sender } from './messages.ts'
import type { DropReason } from './state.ts'

interface Host {
  epoch: number
  host: string
}

export class Fence {
  readonly #generation: string
  readonly #isMember: (member: MemberId) => boolean
  readonly #hosts = new Map<MemberId, Host>()

  constructor(generation: string, isMember: (member: MemberId) => boolean) {
    this.#generation = generation
    this.#isMember = isMember
  }

  /** Why this host must not be heard; undefined lets it in. */
  refusal(from: MemberId, host: string, sender: Sender): DropReason | undefined {
    if (sender.generation !== this.#generation) return 'other-generation'
    const known = this.#hosts.get(from)
    if (known === undefined) this.#remember(from, host, sender.epoch)
    else if (sender.epoch < known.epoch) return 'stale-epoch'
    else if (sender.epoch > known.epoch) {
      known.epoch = sender.epoch
      known.host = host
    } else if (known.host !== host) return 'second-host'
    return undefined
  }

  #remember(from: MemberId, host: string, epoch: number): void {
    if (this.#hosts.size >= MEMBERS_MAX + STRANGERS_MAX) this.#forgetStranger()
    this.#hosts.set(from, { epoch, host })
  }

  /** A room that lives for months sees many members come and go: of those that are none now, the oldest is forgotten. */
  #forgetStranger(): void {
    for (const member of this.#hosts.keys()) {
      if (this.#isMember(member)) continue
      this.#hosts.delete(member)
      return
    }
  }
}
