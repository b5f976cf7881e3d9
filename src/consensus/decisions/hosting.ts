/**
 * Which members live at this peer (DESIGN, section 6). A closed tab is a crashed process whose disk survives: its siblings claim
 * what it hosted, the one with fewest members first, and restart each from its disk under the next epoch.
 *
 * Invariants
 * Q1  A member is opened only by who holds its lock, and the lock is never waited for.
 * Q2  Whoever loses the lock, or finds a later epoch on disk, stops at once.
 * Q3  A member that was handed over is hosted here no more before its lock is free.
 */
import * as v from 'valibot'
import type { Clock } from '../../base/clock.ts'
import { type MeshError, toMeshError } from '../../base/errors.ts'
import type { PeerId, SessionId } from '../../base/ids.ts'
import type { Random } from '../../base/random.ts'
import { memberSigner, newMemberKey } from '../../mesh/member-key.ts'
import type { Mesh } from '../../mesh/types.ts'
import type { MemberId } from '../raft/messages.ts'
import { joinerState } from '../raft/restore.ts'
import type { RestoredState } from '../raft/state.ts'
import type { Council } from './council.ts'
import { memberOf } from './host-table.ts'
import { HostedMember, type HostedParts } from './hosted.ts'
import { adoptionStepMs, attemptTimeoutMs, hostedMax, membersTarget, spareMs } from './limits.ts'
import { type DecisionsPlatform, memberLock } from './platform.ts'
import { handOverAnswerSchema, topics } from './wire.ts'

/** How often it is looked for members that nobody hosts, ms. */
const scanIntervalMs = 1_000
/** A sibling that has members to spare is asked so often before a new one is made, or looked for while hosts are not known, attempts. */
const takeAttemptsMax = 3

export interface HostingOptions {
  readonly clock: Clock
  readonly random: Random
  readonly mesh: Pick<Mesh, 'request' | 'handle'>
  readonly council: Council
  readonly platform: DecisionsPlatform
  readonly parts: HostedParts
  /** A member came to live here. */
  readonly onHosted: (hosted: HostedMember) => void
  /** A member here was not added yet, or nobody has told who votes: others know more. */
  readonly onWaiting: () => void
  /** This peer can keep no copy; it decides through others. */
  readonly onTrouble: (error: MeshError) => void
  readonly count: (counter: string) => void
}

export class Hosting {
  readonly #options: HostingOptions
  readonly #claiming = new Set<MemberId>()
  readonly #stops: (() => void)[]
  #isEnsuring = false
  /** No new member is made here: nothing can be stored, or this peer leaves. */
  #isBarren = false
  #takesFailed = 0
  #isClosed = false

  constructor(options: HostingOptions) {
    this.#options = options
    const { clock, mesh } = options
    this.#stops = [
      clock.every(scanIntervalMs, () => void this.#scan()),
      mesh.handle(topics.handOver, (_payload, { from }) => this.#handOver(from)),
    ]
  }

  /** Claims what lies on this disk and is hosted by nobody. Returns how many members came to live here. */
  async claimStored(): Promise<number> {
    const { council, platform } = this.#options
    const generation = council.generationId
    if (generation === undefined || this.#isClosed) return 0
    const stored = await this.#guarded(() => platform.stores.list())
    const free = (stored ?? []).filter(one => one.generation === generation && !council.isLive(one.member))
    const claimed = await Promise.all(free.map(({ member }) => this.claim(member)))
    return claimed.filter(hosted => hosted).length
  }

  /** The history was known from this disk alone, and its members turned out to be missing: nobody here ever heard more of it. */
  async isBereft(): Promise<boolean> {
    const { council, platform } = this.#options
    if (council.generation?.bornAtMs !== 0 || council.hosted.size > 0 || council.knowsVoters) return false
    const stored = await this.#guarded(() => platform.stores.list())
    return stored?.every(({ generation }) => generation !== council.generationId) ?? false
  }

  async claim(member: MemberId): Promise<HostedMember | undefined> {
    const { council, platform } = this.#options
    const isTaken = council.hosted.has(member) || this.#claiming.has(member)
    if (isTaken || council.hosted.size + this.#claiming.size >= hostedMax || this.#isClosed) return undefined
    this.#claiming.add(member)
    try {
      return await this.#guarded(async () => {
        const lease = await platform.locks.claim(memberLock(member))
        if (!lease) return undefined
        const opened = await platform.stores.open(member).catch(error => {
          lease.release()
          throw error
        })
        return this.#host(opened, lease)
      })
    } finally {
      this.#claiming.delete(member)
    }
  }

  /** A new member, with a key of its own, that begins from `first` (a joiner unless it says otherwise). */
  async create(first: (member: MemberId) => RestoredState): Promise<HostedMember | undefined> {
    const { platform } = this.#options
    return this.#guarded(async () => {
      const key = await newMemberKey()
      const member = memberOf(memberSigner(key).id)
      const lease = await platform.locks.claim(memberLock(member))
      if (!lease || this.#isClosed) return undefined
      try {
        await platform.stores.create(first(member), key)
      } catch (error) {
        lease.release()
        throw error
      }
      return this.#host(await platform.stores.open(member), lease)
    })
  }

  /** A sibling is gone: its members are ours to claim, if nobody with fewer is quicker. */
  adoptFrom(session: SessionId): void {
    const { council, clock, random, count } = this.#options
    const orphans = council.table.hostedBy(session)
    if (orphans.length === 0) return
    const waitMs = adoptionStepMs * council.hosted.size + adoptionStepMs * random.next()
    clock.after(waitMs, () => {
      for (const { member } of orphans)
        if (!council.isLive(member)) void this.claim(member).then(hosted => hosted && count('decisions.adopted'))
    })
  }

  /** Sees to it that this peer hosts a member, if the room has use for another: a sibling's surplus one, or a new one. */
  async ensure(): Promise<void> {
    const { council, count, onWaiting } = this.#options
    const generation = council.generationId
    if (generation === undefined || council.hosted.size > 0 || this.#isEnsuring || this.#isClosed) return
    this.#isEnsuring = true
    try {
      if ((await this.claimStored()) > 0) return
      const richest = this.#richestSibling()
      if (richest !== undefined) {
        if (await this.#takeFrom(richest)) return count('decisions.taken-over')
        // Another newcomer was quicker, or the sibling is frozen: the next scan asks again, but not for ever.
        if (++this.#takesFailed < takeAttemptsMax) return
      }
      const { voters, learners, outgoing } = council.membership
      const known = new Set([...voters, ...learners, ...outgoing, ...council.table.records.map(({ member }) => member)])
      if (voters.length === 0) return onWaiting()
      // A newcomer may not have met yet who hosts them, and has more than one: it looks again, but not for ever.
      if (!voters.every(voter => council.isLive(voter)) && ++this.#takesFailed < takeAttemptsMax) return
      if (this.#isBarren || known.size >= membersTarget) return
      const hosted = await this.create(member => joinerState({ member, generation }))
      if (hosted) count('decisions.members-made')
    } finally {
      this.#isEnsuring = false
    }
  }

  /** This member was removed from the room: its disk is of no use. */
  async retire(hosted: HostedMember): Promise<void> {
    hosted.release()
    await this.#guarded(() => this.#options.platform.stores.remove(hosted.member))
  }

  /** Stops hosting; the disks stay. */
  releaseAll(): void {
    for (const hosted of [...this.#options.council.hosted.values()]) hosted.release()
  }

  close(): void {
    this.#isClosed = true
    for (const stop of this.#stops) stop()
    this.releaseAll()
  }

  async #host(opened: Parameters<typeof HostedMember.open>[0], lease: Parameters<typeof HostedMember.open>[1]) {
    const { council, parts, count, onHosted } = this.#options
    const hosted = await HostedMember.open(opened, lease, parts)
    if (!hosted) {
      count(opened === 'busy' ? 'decisions.disks-busy' : 'decisions.members-missing')
      return undefined
    }
    const isCurrent = hosted.record.generation === council.generationId
    if (this.#isClosed || !isCurrent) {
      hosted.release()
      return undefined
    }
    this.#takesFailed = 0
    council.hosted.set(hosted.member, hosted)
    onHosted(hosted)
    return hosted
  }

  async #scan(): Promise<void> {
    if (this.#isClosed || this.#options.council.generation === undefined) return
    await this.claimStored()
    await this.#giveUpSpare()
    await this.ensure()
  }

  /** When many peers came at once, more members were made than there is room for; those that nobody adds go. */
  async #giveUpSpare(): Promise<void> {
    const { council, clock, count, onWaiting } = this.#options
    const { voters, learners, outgoing } = council.membership
    const isFull = new Set([...voters, ...learners, ...outgoing]).size >= membersTarget
    for (const hosted of [...council.hosted.values()]) {
      const isWaiting = hosted.driver.view.snapshot.index === 0
      if (!isWaiting || clock.monotonicMs() - hosted.sinceMs < spareMs) continue
      if (!isFull) {
        onWaiting()
        continue
      }
      count('decisions.spare-members')
      await this.retire(hosted)
    }
  }

  #richestSibling(): PeerId | undefined {
    const { council } = this.#options
    const siblings = [...council.peers.values()].filter(({ browser }) => browser === council.self.browser)
    const counted = siblings.map(({ id, session }) => ({ id, hosts: council.table.hostedBy(session).length }))
    const [richest] = counted.filter(({ hosts }) => hosts > 1).sort((one, other) => other.hosts - one.hosts)
    return richest?.id
  }

  async #takeFrom(sibling: PeerId): Promise<boolean> {
    try {
      const options = { timeoutMs: attemptTimeoutMs, retries: 0 }
      const answer = await this.#options.mesh.request(sibling, topics.handOver, null, options)
      const parsed = v.safeParse(handOverAnswerSchema, answer)
      return parsed.success && parsed.output !== null && (await this.claim(parsed.output.member)) !== undefined
    } catch {
      return false // it is gone or busy; the next scan finds what it left
    }
  }

  /** A sibling without a member asks for one: the leader stays, and so does the last one. */
  #handOver(from: PeerId): { member: MemberId } | null {
    const { council, count } = this.#options
    if (council.peers.get(from)?.browser !== council.self.browser || council.hosted.size < 2) return null
    const surplus = [...council.hosted.values()].find(({ driver }) => driver.view.role !== 'leader')
    if (!surplus) return null
    surplus.release()
    count('decisions.handed-over')
    return { member: surplus.member }
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (thrown) {
      this.#isBarren = true
      this.#options.onTrouble(toMeshError(thrown, 'storage-lost'))
      return undefined
    }
  }
}
