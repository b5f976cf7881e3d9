/** What differs between a tab, a process and a test: where members lie, and the locks that keep two hosts from one member. */
import type { MemberId } from '../raft/messages.ts'
import type { MemberStores } from '../storage/store.ts'

/** An exclusive lock that is held until it is released, or until this thread ends. */
export interface Lease {
  release(): void
  /** Somebody stole it: whatever it guarded is another's now. */
  onLost(listener: () => void): void
}

export interface Locks {
  /** Never waits: a frozen waiter would be granted the lock and sit on it (DESIGN, fact 13). Undefined where another has it. */
  claim(name: string): Promise<Lease | undefined>
}

export interface DecisionsPlatform {
  readonly stores: MemberStores
  readonly locks: Locks
}

export function memberLock(member: MemberId): string {
  return `tabmesh:member:${member}`
}

export function genesisLock(room: string): string {
  return `tabmesh:genesis:${room}`
}
