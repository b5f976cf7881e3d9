/**
 * Which history of decisions this room has: found out from the others, from this disk, or begun here. Two that meet never mix:
 * one without decisions yields by itself, one that was continued from ours is followed if nothing of ours is lost, and otherwise a
 * person chooses (DESIGN, section 6).
 *
 * Genesis is claimed without a server: whoever is alone in the room begins, under a Web Lock for its browser; among several who
 * all know of nothing, the first by id after a wait. Where two began all the same, the rule of two histories settles it.
 */
import * as v from 'valibot'
import type { Clock } from '../../base/clock.ts'
import type { PeerId } from '../../base/ids.ts'
import type { Mesh } from '../../mesh/types.ts'
import type { StoredMember } from '../storage/store.ts'
import type { Council } from './council.ts'
import { attemptTimeoutMs, genesisWaitMs, peersAskedAtOnce } from './limits.ts'
import { type DecisionsPlatform, genesisLock } from './platform.ts'
import type { ConflictView } from './types.ts'
import { type GenerationInfo, type PeerState, stateSchema, topics } from './wire.ts'

/** Between two rounds of asking, ms. */
const askAgainMs = 250

export interface HistoryOptions {
  readonly clock: Clock
  readonly mesh: Pick<Mesh, 'request'>
  readonly council: Council
  readonly platform: DecisionsPlatform
  /** Hash of the room. */
  readonly room: string
  /** What a peer told was of our history, or there is none here yet. */
  readonly onTold: (state: PeerState, from: PeerId) => Promise<void>
  /** Makes the first member of a new history. */
  readonly begin: () => Promise<void>
  /** Our history gives way: its members are set aside, and this one is followed. */
  readonly yieldTo: (generation: GenerationInfo) => Promise<void>
}

export class History {
  readonly #options: HistoryOptions
  #conflict: ConflictView | undefined
  #isClosed = false
  /** What lies on this disk was not read yet: how much it holds cannot be compared. */
  #isReading = true
  /** It is known whether a history lies on this disk. */
  #hasLooked = false
  #waiting: { readonly theirs: GenerationInfo; readonly peer: PeerId } | undefined
  readonly #asking = new Set<PeerId>()

  constructor(options: HistoryOptions) {
    this.#options = options
  }

  get conflict(): ConflictView | undefined {
    return this.#conflict
  }

  close(): void {
    this.#isClosed = true
  }

  /** Resolves when this peer follows a history. */
  async find(): Promise<void> {
    const { council, platform, room, clock, begin } = this.#options
    const startedAtMs = clock.monotonicMs()
    while (!this.#isClosed && !council.generation) {
      // This disk first: whoever followed the others at once would lose without a word what was decided here and not there.
      const stored = await platform.stores.list().catch(() => [])
      const [found] = stored
      this.#hasLooked = true
      if (council.generation) return
      if (found) return council.follow({ id: newest(stored, found).generation, bornAtMs: 0, decided: 0 })
      await Promise.all([...council.peers.keys()].slice(0, peersAskedAtOnce).map(peer => this.ask(peer)))
      if (council.generation) return
      const isFirst = [...council.peers.keys()].every(peer => council.self.peer < peer)
      const hasWaited = clock.monotonicMs() - startedAtMs >= genesisWaitMs
      if (council.peers.size === 0 || (isFirst && hasWaited)) {
        const lock = await platform.locks.claim(genesisLock(room))
        if (lock) {
          // Meanwhile a sibling may have begun, and lie on the same disk.
          const others = await platform.stores.list().catch(() => [])
          if (others.length === 0 && !council.generation) await begin()
          lock.release()
          if (council.generation) return
        }
      }
      await new Promise<void>(resolve => clock.after(askAgainMs, resolve))
    }
  }

  /** Asks a peer what it knows, and takes it in. */
  async ask(peer: PeerId): Promise<void> {
    if (this.#asking.has(peer)) return
    this.#asking.add(peer)
    try {
      const options = { timeoutMs: attemptTimeoutMs, retries: 1 }
      const answer = v.safeParse(stateSchema, await this.#options.mesh.request(peer, topics.state, null, options))
      if (!answer.success || answer.output.generation === null) return
      await this.meet(answer.output.generation, peer)
      if (this.#options.council.generationId === answer.output.generation.id)
        await this.#options.onTold(answer.output, peer)
    } catch {
      // It is gone, or of a version that does not decide.
    } finally {
      this.#asking.delete(peer)
    }
  }

  /** A peer follows this history. */
  async meet(theirs: GenerationInfo, peer: PeerId): Promise<void> {
    const { council, yieldTo } = this.#options
    const ours = council.generation
    if (!ours) return this.#hasLooked ? council.follow(theirs) : undefined // whoever tells it too soon is asked again
    if (ours.id === theirs.id) {
      this.settled(peer)
      return council.heardDecided(theirs.decided)
    }
    if (this.#isReading) {
      this.#waiting = { theirs, peer }
      return
    }
    const verdict = compare(ours, theirs)
    if (verdict === 'theirs') return yieldTo(theirs)
    if (verdict === 'ours') return
    const { id, bornAtMs, parent, decided } = theirs
    const isSuccessor = parent?.generation === ours.id
    const ownDecided = ours.decided - (isSuccessor ? (parent?.decided ?? 0) : 0)
    const other = { id, bornAtMs, decided, parent: parent?.generation }
    this.#conflict = { other, peer, isSuccessor, ownDecided }
    council.changed()
  }

  /** This peer follows the other history no more: it came over, or it is gone. Whoever else does will say so. */
  settled(peer: PeerId): void {
    if (this.#conflict?.peer !== peer) return
    this.#conflict = undefined
    this.#options.council.changed()
  }

  /** From now on it is known how much our own disk holds. */
  async isRead(): Promise<void> {
    this.#isReading = false
    if (this.#waiting) await this.meet(this.#waiting.theirs, this.#waiting.peer)
    this.#waiting = undefined
  }

  /** A person chose the other one. */
  async joinOther(): Promise<boolean> {
    const chosen = this.#conflict
    if (!chosen) return false
    this.#conflict = undefined
    const { id, bornAtMs, decided } = chosen.other
    await this.#options.yieldTo({ id, bornAtMs, decided })
    await this.ask(chosen.peer)
    return true
  }
}

/** A generation's id begins with the time of its birth, in base 36. */
function newest(stored: readonly StoredMember[], first: StoredMember): StoredMember {
  const bornAt = ({ generation }: StoredMember) => Number.parseInt(generation, 36) || 0
  return stored.reduce((best, one) => (bornAt(one) > bornAt(best) ? one : best), first)
}

/** Which of two histories goes on, as both sides must see it; `neither` is for a person. */
export function compare(ours: GenerationInfo, theirs: GenerationInfo): 'ours' | 'theirs' | 'neither' {
  if (theirs.parent?.generation === ours.id && ours.decided <= theirs.parent.decided) return 'theirs'
  if (ours.parent?.generation === theirs.id && theirs.decided <= ours.parent.decided) return 'ours'
  if (ours.decided > 0 && theirs.decided > 0) return 'neither'
  if (ours.decided !== theirs.decided) return ours.decided > 0 ? 'ours' : 'theirs'
  return ours.id < theirs.id ? 'ours' : 'theirs'
}
