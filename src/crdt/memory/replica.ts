/**
 * The memory store as a replica: a causal map from keys to versions (Almeida et al., "Delta state replicated data types", 2018).
 *
 * 1. A write gets a new dot and supersedes the versions it has seen under its key; a delete gets one too and puts nothing in their place. So
 *    the context says what is held: versions of it that nothing of it supersedes. A delta that was lost may have superseded what lies here, though a
 *    later one names it as seen; so the digest covers what is held, too, and the answer to a question mends it.
 * 2. Merging keeps a version where both hold it, or where one holds it and the other has never seen it. So it is commutative, associative
 *    and idempotent, whatever the order, and a write that a delete has not seen survives the delete.
 * 3. A version that has expired is dropped by each peer on its own: its dot stays seen, so it comes back from nobody.
 */
import { MeshError } from '../../base/errors.ts'
import { DigestSum, digestOf } from '../digest.ts'
import { memoryBytesMax, memoryKeysMax } from '../limits.ts'
import type { Origin, Replica, UpdateListener } from '../replica.ts'
import { memoryName } from '../sync/messages.ts'
import { Context, type Dot, type Dots, dotKey, isIn } from './context.ts'
import { type Delta, decodeContext, decodeDelta, encodeJson } from './delta.ts'
import type { Version } from './versions.ts'

export type Place = readonly [namespace: string, key: string]

interface Held {
  readonly at: Place
  readonly version: Version
  readonly bytes: number
}

const encoder = new TextEncoder()

/** Merging stops being possible only far beyond what writing is limited to, so that peers near the limit still agree. */
const mergeSlack = 2

export class MemoryReplica implements Replica {
  readonly name = memoryName
  readonly #context = new Context()
  readonly #held = new Map<string, Held>()
  readonly #places = new Map<string, Map<string, Version>>()
  /** The last number that was given out here. */
  readonly #reserved = new Map<string, number>()
  readonly #listeners = new Set<UpdateListener>()
  readonly #changeListeners = new Set<(place: Place) => void>()
  /** Of all that is held, but for what ends by itself: each peer drops that by its own clock. */
  readonly #sum = new DigestSum()
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  get keys(): number {
    return this.#places.size
  }

  /** All keys, in no order. */
  *places(): Generator<Place> {
    for (const versions of this.#places.values()) {
      const [first] = versions.keys()
      const held = first === undefined ? undefined : this.#held.get(first)
      if (held) yield held.at
    }
  }

  versions(at: Place): readonly Version[] {
    return [...(this.#places.get(placeKey(at))?.values() ?? [])]
  }

  /** Replaces `superseded` by a new version, if one is given; the change goes to everybody. */
  write(at: Place, replica: string, superseded: readonly Pick<Version, 'dot'>[], make?: (dot: Dot) => Version): void {
    const dot = this.reserve(replica)
    this.put(at, dot, superseded, make?.(dot))
  }

  /** A dot for a change that is put in later; others are numbered past it. */
  reserve(replica: string): Dot {
    const { number } = this.#context.next(replica)
    const dot = { replica, number: Math.max(number, (this.#reserved.get(replica) ?? 0) + 1) }
    this.#reserved.set(replica, dot.number)
    return dot
  }

  put(at: Place, dot: Dot, superseded: readonly Pick<Version, 'dot'>[], version: Version | undefined): void {
    const beyond: Record<string, number[]> = {}
    for (const { replica, number } of [...superseded.map(({ dot }) => dot), dot]) {
      const numbers = beyond[replica] ?? []
      beyond[replica] = numbers
      numbers.push(number)
    }
    const delta = { context: { vector: {}, beyond }, alive: {}, versions: version ? [{ at, version }] : [] }
    this.#join(delta)
    this.#tell(encodeJson(delta), { kind: 'local' })
  }

  /** Whether that change ever came here, be it still held or not. */
  hasSeen(dot: Dot): boolean {
    return this.#context.has(dot)
  }

  /** Drops what has expired; nobody need be told. */
  expire(nowMs: number): void {
    for (const [key, { at, version }] of this.#held) {
      if (version.expiresAtMs === undefined || version.expiresAtMs > nowMs) continue
      this.#drop(key)
      this.#changed(at)
    }
  }

  digest(): string {
    return digestOf(encoder.encode(`${JSON.stringify(this.#context.words())} ${this.#sum.text}`))
  }

  vector(): Uint8Array {
    return encodeJson(this.#context.words())
  }

  missing(vector: Uint8Array): Uint8Array {
    const known = decodeContext(vector)
    if (known instanceof MeshError) throw known
    const alive: Record<string, number[]> = {}
    const versions: Delta['versions'][number][] = []
    for (const { at, version } of this.#held.values()) {
      const { replica, number } = version.dot
      if (!isIn(known, version.dot)) versions.push({ at, version })
      else {
        const numbers = alive[replica] ?? []
        alive[replica] = numbers
        numbers.push(number)
      }
    }
    return encodeJson({ context: this.#context.words(), alive, versions })
  }

  merge(update: Uint8Array, origin: Origin): MeshError | undefined {
    const delta = decodeDelta(update)
    if (delta instanceof MeshError) return delta
    if (this.#bytes + update.length > memoryBytesMax * mergeSlack || this.keys > memoryKeysMax * mergeSlack)
      return new MeshError('too-large', 'the memory store holds as much as it can')
    if (this.#join(delta)) this.#tell(update, origin)
    return undefined
  }

  combine(updates: readonly Uint8Array[]): Uint8Array {
    const all = new MemoryReplica()
    for (const update of updates) all.merge(update, { kind: 'stored' })
    return all.missing(new Uint8Array(0))
  }

  onUpdate(listener: UpdateListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Called with every key whose versions changed. */
  onChange(listener: (place: Place) => void): () => void {
    this.#changeListeners.add(listener)
    return () => this.#changeListeners.delete(listener)
  }

  close(): void {
    this.#listeners.clear()
    this.#changeListeners.clear()
  }

  /** Whether anything changed, be it only what is known to have been seen. */
  #join({ context, alive, versions }: Delta): boolean {
    const { revision } = this.#context
    const sent = new Set(versions.map(({ version }) => dotKey(version.dot)))
    const changed: Place[] = []
    for (const [key, { at, version }] of this.#covered(context)) {
      if (sent.has(key) || isListed(alive, version.dot)) continue
      this.#drop(key)
      changed.push(at)
    }
    for (const { at, version } of versions) {
      if (this.#context.has(version.dot)) continue // held already, or deleted since
      this.#keep(at, version)
      changed.push(at)
    }
    this.#context.addAll(context)
    for (const { version } of versions) this.#context.add(version.dot)
    for (const place of changed) this.#changed(place)
    return this.#context.revision > revision
  }

  /** What is held of a context; found by dots where these are few. */
  #covered(context: Delta['context']): [string, Held][] {
    if (Object.keys(context.vector).length > 0)
      return [...this.#held].filter(([, { version }]) => isIn(context, version.dot))
    const covered: [string, Held][] = []
    for (const [replica, numbers] of Object.entries(context.beyond))
      for (const number of numbers) {
        const key = dotKey({ replica, number })
        const held = this.#held.get(key)
        if (held) covered.push([key, held])
      }
    return covered
  }

  #keep(at: Place, version: Version): void {
    const key = dotKey(version.dot)
    const bytes = JSON.stringify(version).length
    this.#held.set(key, { at, version, bytes })
    this.#bytes += bytes
    if (version.expiresAtMs === undefined) this.#sum.add(key)
    const place = placeKey(at)
    const versions = this.#places.get(place) ?? new Map<string, Version>()
    versions.set(key, version)
    this.#places.set(place, versions)
  }

  #drop(key: string): void {
    const held = this.#held.get(key)
    if (!held) return
    this.#held.delete(key)
    this.#bytes -= held.bytes
    if (held.version.expiresAtMs === undefined) this.#sum.remove(key)
    const place = placeKey(held.at)
    const versions = this.#places.get(place)
    versions?.delete(key)
    if (versions?.size === 0) this.#places.delete(place)
  }

  #tell(update: Uint8Array, origin: Origin): void {
    for (const listener of [...this.#listeners]) listener(update, origin)
  }

  #changed(place: Place): void {
    for (const listener of [...this.#changeListeners]) listener(place)
  }
}

function placeKey([namespace, key]: Place): string {
  return JSON.stringify([namespace, key])
}

function isListed(dots: Dots, { replica, number }: Dot): boolean {
  return dots[replica]?.includes(number) ?? false
}
