/** What this peer says of itself: signed when it changes, numbered, and told again where somebody doubts it. */
import type { Clock } from '../../base/clock.ts'
import type { PeerId, SessionId } from '../../base/ids.ts'
import type { WireAnnouncement } from '../announcement.ts'
import { protocolVersion } from '../limits.ts'
import type { Announcement } from '../peer.ts'
import { type Signed, type Signer, signRecord } from '../signed.ts'
import { type Version, versionOf } from '../spread/state.ts'
import { announceDelayMs, isCovered, isOnlyOfLinks } from '../spread/urgency.ts'
import type { Member } from './state.ts'

export interface OwnAnnouncementOptions {
  readonly clock: Clock
  readonly signer: Signer
  readonly session: SessionId
  /** What to announce now, but for session and sequence. */
  readonly describe: () => Omit<Announcement, 'session' | 'sequence'>
  readonly members: () => ReadonlyMap<PeerId, Member>
  /** There is a new one to tell. */
  readonly onSigned: (version: Version, isUrgent: boolean) => void
}

export class OwnAnnouncement {
  readonly #options: OwnAnnouncementOptions
  #sequence = 0
  #newest: { readonly record: Signed; readonly announcement: Announcement } | undefined
  /** When the next one is due, monotonic ms. */
  #dueMs = Number.POSITIVE_INFINITY
  #stop = () => {}
  #isClosed = false

  constructor(options: OwnAnnouncementOptions) {
    this.#options = options
  }

  /** The newest as it was signed; undefined before the first. */
  get record(): Signed | undefined {
    return this.#newest?.record
  }

  get sequence(): number {
    return this.#newest?.announcement.sequence ?? 0
  }

  /** Signs this peer's present state as its next announcement. */
  async sign(): Promise<Signed> {
    const { signer, session, describe } = this.#options
    const wire: WireAnnouncement = {
      version: protocolVersion,
      ...(describe() as Omit<WireAnnouncement, 'version' | 'session' | 'sequence'>),
      session,
      sequence: ++this.#sequence,
    }
    const record = await signRecord(signer, 'announcement', wire)
    if (wire.sequence >= this.sequence) this.#newest = { record, announcement: wire }
    return record
  }

  /** Something we announce changed; changes gather for a while, those of links in a large room for longer. */
  changed(isOnlyLinks = false): void {
    const { clock, signer, describe, members } = this.#options
    const links = this.#newest?.announcement.links.length ?? 0
    const dueMs = clock.monotonicMs() + announceDelayMs(isOnlyLinks, members().size, links)
    if (this.#dueMs <= dueMs) return
    this.#dueMs = dueMs
    this.#stop()
    this.#stop = clock.after(dueMs - clock.monotonicMs(), () => {
      this.#dueMs = Number.POSITIVE_INFINITY
      const former = this.#newest?.announcement.links ?? []
      if (!isOnlyLinks || !isCovered(signer.id, former, describe().links, members())) void this.#announce()
    })
  }

  async #announce(isUrgent = false): Promise<void> {
    const former = this.#newest?.announcement
    await this.sign()
    const now = this.#newest?.announcement
    if (this.#isClosed || !now) return
    const version = versionOf(this.#options.signer.id, now.session, now.sequence)
    this.#options.onSigned(version, isUrgent || !former || !isOnlyOfLinks(former, now))
  }

  /** Others doubt what was announced up to this sequence. */
  refute(sequence: number): void {
    if (this.#sequence > sequence + 1) return // said already, and on its way
    this.#sequence = Math.max(this.#sequence, sequence + 1)
    void this.#announce(true)
  }

  close(): void {
    this.#isClosed = true
    this.#stop()
  }
}
