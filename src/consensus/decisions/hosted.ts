/** One member that this peer hosts: its disk, its machine, its register, and the signed word that it is here. */
import type { Clock } from '../../base/clock.ts'
import { MeshError } from '../../base/errors.ts'
import type { PeerId, SessionId } from '../../base/ids.ts'
import type { Random } from '../../base/random.ts'
import { memberSigner } from '../../mesh/member-key.ts'
import { RaftDriver } from '../raft/driver.ts'
import type { MemberId, Membership, RaftMessage } from '../raft/messages.ts'
import { type SessionMachine, sessionMachine } from '../raft/sessions.ts'
import { nextTask } from '../storage/next-task.ts'
import type { Batch, OpenedStore } from '../storage/store.ts'
import { type HostRecord, memberOf, signHost } from './host-table.ts'
import type { Lease } from './platform.ts'
import { Register, type RegisterEvents } from './register/machine.ts'
import type { Timing } from './timing.ts'

export interface HostedParts extends RegisterEvents {
  readonly clock: Clock
  readonly random: Random
  readonly timing: Pick<Timing, 'configFor' | 'isAuto'>
  readonly self: { readonly peer: PeerId; readonly session: SessionId }
  readonly send: (from: MemberId, to: MemberId, message: RaftMessage, pace: number | undefined) => void
  readonly onRole: (hosted: HostedMember) => void
  readonly onMembership: (hosted: HostedMember, membership: Membership) => void
  readonly onProgress: () => void
  readonly onDropped: (from: MemberId, reason: string, generation: string) => void
  /** It is hosted here no more. An error where something failed; undefined where another host has it. */
  readonly onEnd: (hosted: HostedMember, error: MeshError | undefined) => void
}

export class HostedMember {
  readonly record: HostRecord
  readonly register: Register
  readonly machine: SessionMachine
  readonly driver: RaftDriver
  readonly #opened: OpenedStore
  readonly #lease: Lease
  /** It was part of the membership: if it is not any more, it was removed, rather than not added yet. */
  wasMember: boolean
  /** Since when it lives here, monotonic ms. */
  readonly sinceMs: number
  #isOver = false

  private constructor(opened: OpenedStore, lease: Lease, record: HostRecord, parts: HostedParts) {
    const { store, restored } = opened
    this.#opened = opened
    this.#lease = lease
    this.record = record
    this.register = new Register(parts)
    this.machine = sessionMachine(this.register)
    this.machine.load(restored.snapshot.data)
    const { clock, random, timing } = parts
    this.sinceMs = clock.monotonicMs()
    const identity = { member: restored.member, generation: restored.generation, epoch: store.epoch, random }
    this.driver = new RaftDriver({
      clock,
      restored,
      config: timing.configFor(identity),
      isAutoPaced: timing.isAuto,
      machine: this.machine,
      write: batch => this.#write(batch),
      send: (to, message, pace) => parts.send(this.member, to, message, pace),
      onRole: () => parts.onRole(this),
      onMembership: membership => parts.onMembership(this, membership),
      onProgress: parts.onProgress,
      onDropped: parts.onDropped,
      onEnd: error => this.#ended(error, parts),
    })
    const { voters, learners } = this.driver.view.membership
    this.wasMember = [...voters, ...learners].includes(this.member)
    lease.onLost(() => this.driver.halt())
  }

  /** Undefined where its disk is gone, busy or not its own; the lease is given back then. */
  static async open(
    opened: OpenedStore | 'missing' | 'busy',
    lease: Lease,
    parts: HostedParts,
  ): Promise<HostedMember | undefined> {
    const record = typeof opened === 'string' ? undefined : await recordOf(opened, parts.self)
    if (typeof opened === 'string' || !record) {
      if (typeof opened !== 'string') opened.store.close()
      lease.release()
      return undefined
    }
    return new HostedMember(opened, lease, record, parts)
  }

  get member(): MemberId {
    return this.record.member
  }

  /** Lets it go: from here on another host may have it. */
  release(): void {
    this.driver.halt()
  }

  /** A disk may stop this worker: what a leader sends leaves first, in a task before. A follower says nothing until it is written. */
  async #write(batch: Batch): Promise<'durable' | 'fenced'> {
    if (this.driver.view.role === 'leader') await nextTask()
    return this.#opened.store.write(batch)
  }

  #ended(error: MeshError | undefined, parts: HostedParts): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#opened.store.close()
    this.#lease.release()
    parts.onEnd(this, error)
  }
}

async function recordOf(
  { store, restored, key }: OpenedStore,
  self: HostedParts['self'],
): Promise<HostRecord | undefined> {
  try {
    const signer = memberSigner(key)
    if (memberOf(signer.id) !== store.member) return undefined
    return await signHost(signer, { generation: restored.generation, epoch: store.epoch, ...self })
  } catch (error) {
    if (error instanceof MeshError) throw error
    return undefined // no key: not this member's disk
  }
}
