/** What became of broadcasts, counted for each topic of the applications, and for the batches in which they travel. */
import { dropOldest } from '../../base/drop-oldest.ts'
import { batchesCountedMax, topicsCountedMax } from '../limits.ts'

/** Under this name stand all topics beyond `topicsCountedMax`. */
export const otherTopics = '(others)'

/**
 * `overloaded`: refused to who published, or too many wait. `malformed`: what came is no payload. `unheard`: nobody here subscribes.
 * `failed`: a subscriber threw.
 */
export type DropReason = 'overloaded' | 'malformed' | 'unheard' | 'failed'

export interface TopicFigures {
  readonly topic: string
  /** Said here. */
  readonly published: number
  /** Heard from others by a subscriber here. */
  readonly delivered: number
  /** Copies that came by another way and were kept from the subscribers. */
  readonly duplicates: number
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>
  /** With their headers, once each. */
  readonly sentBytes: number
  readonly receivedBytes: number
}

export interface GossipFigures {
  /** Those with most traffic first. */
  readonly topics: readonly TopicFigures[]
  /** Signed batches: sent, received, and copies of them that came by another way. */
  readonly batches: { readonly sent: number; readonly received: number; readonly duplicates: number }
}

type Counts = { -readonly [Name in keyof TopicFigures]: TopicFigures[Name] } & {
  dropped: Partial<Record<DropReason, number>>
}

interface Batch {
  /** Frames by topic, as soon as they were read. */
  readonly frames: Map<string, number>
  /** Copies that came before that. */
  early: number
  isRead: boolean
  /** gossipsub looks at what it is to publish as it looks at what comes. */
  isBeingSent: boolean
}

export class TopicCounts {
  readonly #topics = new Map<string, Counts>()
  /** By number, the oldest first: two origins that share one are counted together. */
  readonly #recent = new Map<number, Batch>()
  readonly #batches = { sent: 0, received: 0, duplicates: 0 }

  published(topic: string, bytes: number): void {
    const counts = this.#of(topic)
    counts.published++
    counts.sentBytes += bytes
  }

  delivered(topic: string): void {
    this.#of(topic).delivered++
  }

  dropped(topic: string, reason: DropReason): void {
    const { dropped } = this.#of(topic)
    dropped[reason] = (dropped[reason] ?? 0) + 1
  }

  /** The batch that its origin numbered so leaves, or is read for the only time; returns what to call with each of its frames. */
  batch(way: 'sent' | 'received', number: number): (topic: string, bytes: number) => void {
    this.#batches[way]++
    const entry = this.#entry(number)
    entry.isRead = true
    entry.isBeingSent = way === 'sent'
    return (topic, bytes) => {
      const counts = this.#of(topic)
      counts.receivedBytes += bytes
      counts.duplicates += entry.early
      entry.frames.set(topic, (entry.frames.get(topic) ?? 0) + 1)
    }
  }

  /** A batch came; all but the first time it is a copy. */
  came(number: number): void {
    const known = this.#recent.get(number)
    if (!known) return void this.#entry(number)
    if (known.isBeingSent) {
      known.isBeingSent = false
      return
    }
    this.#batches.duplicates++
    if (!known.isRead) known.early++
    for (const [topic, frames] of known.frames) this.#of(topic).duplicates += frames
  }

  read(): GossipFigures {
    const topics = [...this.#topics.values()].map(counts => ({ ...counts, dropped: { ...counts.dropped } }))
    const traffic = ({ published, delivered }: TopicFigures) => published + delivered
    return { topics: topics.sort((one, other) => traffic(other) - traffic(one)), batches: { ...this.#batches } }
  }

  #of(topic: string): Counts {
    const name = this.#topics.has(topic) || this.#topics.size < topicsCountedMax ? topic : otherTopics
    const known = this.#topics.get(name)
    if (known) return known
    const fresh = {
      topic: name,
      published: 0,
      delivered: 0,
      duplicates: 0,
      dropped: {},
      sentBytes: 0,
      receivedBytes: 0,
    }
    this.#topics.set(name, fresh)
    return fresh
  }

  #entry(number: number): Batch {
    const known = this.#recent.get(number)
    if (known) return known
    const fresh: Batch = { frames: new Map(), early: 0, isRead: false, isBeingSent: false }
    this.#recent.set(number, fresh)
    dropOldest(this.#recent, batchesCountedMax)
    return fresh
  }
}
