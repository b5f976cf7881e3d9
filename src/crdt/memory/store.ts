/** `mesh.memory`: what people and agents remember together. Keys in namespaces, with time to live, tags, counters, sets, search, watch. */
import type { Clock } from '../../base/clock.ts'
import { MeshError } from '../../base/errors.ts'
import type { PeerId, SessionId } from '../../base/ids.ts'
import type { Json } from '../../base/json.ts'
import {
  memoryBytesMax,
  memoryKeyCharsMax,
  memoryKeysMax,
  memoryResultsMax,
  memorySweepMs,
  memoryTagCharsMax,
  memoryTagsMax,
  memoryValueBytesMax,
  strongSweepMs,
} from '../limits.ts'
import type { Dot } from './context.ts'
import { Forgetting } from './forgetting.ts'
import { HybridClock } from './hybrid-clock.ts'
import { MemoryReplica, type Place } from './replica.ts'
import { MemorySearch } from './search.ts'
import { type Register, StrongMemory } from './strong.ts'
import { type Body, type Entry, entryOf, type Stamp, stampAfter, textOf, type Version } from './versions.ts'

/** What a counter or a set can be given, too. */
export interface EntryOptions {
  readonly namespace?: string
  readonly ttlMs?: number
  readonly tags?: readonly string[]
}

/**
 * `eventual`, the default: what is known here, at once. `strong`: through the room's decisions, linearizable with all other strong calls
 * for the key; refused with `no-quorum` where too few peers can be reached.
 */
export type Consistency = 'eventual' | 'strong'

export interface StoreOptions extends EntryOptions {
  readonly consistency?: Consistency
  /** Of a strong call until `timeout`, ms. */
  readonly timeoutMs?: number
}

export interface ListOptions {
  readonly namespace?: string
  readonly prefix?: string
  readonly tag?: string
  readonly limit?: number
}

export type RetrieveOptions = Pick<StoreOptions, 'namespace' | 'consistency' | 'timeoutMs'>

export interface MemoryOptions {
  readonly self: { readonly id: PeerId; readonly session: SessionId }
  readonly clock: Clock
  /** The room's decisions, where there are any: for strong calls. */
  readonly register?: Register
}

export const defaultNamespace = 'default'

export class MemoryStore {
  readonly replica = new MemoryReplica()
  readonly time: HybridClock
  /** Undefined where nothing is decided. */
  readonly forgetting: Forgetting | undefined
  readonly #options: MemoryOptions
  readonly #strong: StrongMemory | undefined
  readonly #search: MemorySearch
  readonly #watchers = new Set<(namespace: string, key: string, entry: Entry | undefined) => void>()
  readonly #offs: (() => void)[]

  constructor(options: MemoryOptions) {
    const { clock, register } = options
    this.#options = options
    this.time = new HybridClock(() => clock.nowMs())
    const view = {
      versions: (at: Place) => this.replica.versions(at),
      hasSeen: (dot: Dot) => this.replica.hasSeen(dot),
      nowMs: () => this.time.physicalMs,
      nextStamp: () => this.time.next(),
      reserve: () => this.replica.reserve(options.self.session),
      put: (...change: Parameters<MemoryReplica['put']>) => this.replica.put(...change),
    }
    this.#strong = register && new StrongMemory(register, view, clock)
    const strong = this.#strong
    if (register && strong) this.forgetting = new Forgetting(register, strong, view)
    this.#search = new MemorySearch(place => this.#entry(place))
    this.#offs = [
      this.replica.onChange(place => this.#changed(place)),
      clock.every(memorySweepMs, () => this.replica.expire(this.time.physicalMs)),
      clock.every(strongSweepMs, () => void this.forgetting?.sweep()),
    ]
  }

  /** Plainly at once, strongly when it is decided. */
  store(key: string, value: Json, options: StoreOptions = {}): Promise<void> | undefined {
    const at = place(options.namespace, key)
    const body = { kind: 'value', value } as const
    if (isStrong(options)) return this.#storeStrongly(at, body, options)
    this.#write(at, this.replica.versions(at), body, options)
    return undefined
  }

  async retrieve(key: string, options: RetrieveOptions = {}): Promise<Json | undefined> {
    const at = place(options.namespace, key)
    return isStrong(options) ? this.#decided().read(at, options) : this.#entry(at)?.value
  }

  /** The value with all that is known of it. */
  entry(key: string, namespace?: string): Entry | undefined {
    return this.#entry(place(namespace, key))
  }

  /** Whether there was anything. A plain delete of what was decided is decided by whoever reads it strongly next, and knows of it. */
  delete(key: string, options: RetrieveOptions = {}): boolean | Promise<boolean> {
    const at = place(options.namespace, key)
    if (isStrong(options)) return this.#decided().write(at, options)
    const versions = this.replica.versions(at)
    if (versions.length > 0) this.replica.write(at, this.#options.self.session, versions)
    return versions.length > 0
  }

  /** Sorted by namespace and key. */
  list({ namespace, prefix = '', tag, limit = memoryResultsMax }: ListOptions = {}): Entry[] {
    const entries: Entry[] = []
    for (const at of [...this.replica.places()].sort(byPlace)) {
      if ((namespace !== undefined && at[0] !== namespace) || !at[1].startsWith(prefix)) continue
      const entry = this.#entry(at)
      if (entry && (tag === undefined || entry.tags.includes(tag))) entries.push(entry)
      if (entries.length >= Math.min(limit, memoryResultsMax)) break
    }
    return entries
  }

  /** By words in keys, values and tags; the best first. */
  search(query: string, { namespace, tag, limit = 50 }: Omit<ListOptions, 'prefix'> = {}): Entry[] {
    const found = this.#search.find(query, this.replica.places())
    const entries = found.flatMap(at => this.#entry(at) ?? [])
    return entries
      .filter(entry => namespace === undefined || entry.namespace === namespace)
      .filter(entry => tag === undefined || entry.tags.includes(tag))
      .slice(0, Math.min(limit, memoryResultsMax))
  }

  /** Adds to a counter; everybody's additions count, whatever the order. Returns the sum known here. */
  increment(key: string, by = 1, options: EntryOptions = {}): number {
    if (!Number.isFinite(by)) throw new MeshError('invalid-option', 'a counter counts by a finite number')
    const at = place(options.namespace, key)
    const own = this.replica.versions(at).filter(isCounterOf(this.#options.self.session))
    const was = own.reduce(
      (sum, { body }) => (body.kind === 'counter' ? { up: sum.up + body.up, down: sum.down + body.down } : sum),
      { up: 0, down: 0 },
    )
    const body = { kind: 'counter', up: was.up + Math.max(0, by), down: was.down + Math.max(0, -by) } as const
    this.#write(at, own, body, options)
    return Number(this.#entry(at)?.value ?? 0)
  }

  /** Adds an element to a set. One that others remove at the same time stays. */
  add(key: string, element: Json, options: EntryOptions = {}): void {
    const at = place(options.namespace, key)
    this.#write(at, this.#elements(at, element), { kind: 'element', element }, options)
  }

  /** Takes an element out of a set, as far as it is known here. */
  remove(key: string, element: Json, { namespace }: { readonly namespace?: string } = {}): boolean {
    const at = place(namespace, key)
    const known = this.#elements(at, element)
    if (known.length > 0) this.replica.write(at, this.#options.self.session, known)
    return known.length > 0
  }

  /** Calls back with every change, wherever it was made; `undefined` where nothing is left. */
  watch(listener: (namespace: string, key: string, entry: Entry | undefined) => void): () => void {
    this.#watchers.add(listener)
    return () => this.#watchers.delete(listener)
  }

  close(): void {
    for (const off of this.#offs) off()
    this.#watchers.clear()
  }

  #elements(at: Place, element: Json): Version[] {
    const text = textOf(element)
    return this.replica.versions(at).filter(({ body }) => body.kind === 'element' && textOf(body.element) === text)
  }

  #entry(at: Place): Entry | undefined {
    return entryOf(...at, this.replica.versions(at), this.time.physicalMs)
  }

  #decided(): StrongMemory {
    if (this.#strong) return this.#strong
    throw new MeshError('unsupported', 'strong calls need decisions, which this room does not have')
  }

  async #storeStrongly(at: Place, body: Body, options: StoreOptions): Promise<void> {
    this.#check(body, options)
    await this.#decided().write(at, options, (dot, stamp) => this.#version(dot, stamp, body, options))
  }

  #check(body: Body, { ttlMs, tags = [] }: EntryOptions): void {
    checkTags(tags)
    if (ttlMs !== undefined && !(ttlMs > 0)) throw new MeshError('invalid-option', 'ttlMs must be more than 0')
    const bytes = JSON.stringify(body)?.length ?? 0
    if (bytes > memoryValueBytesMax)
      throw new MeshError('too-large', `a value of ${bytes} bytes is over the limit of ${memoryValueBytesMax}`)
    if (this.replica.bytes + bytes > memoryBytesMax || this.replica.keys >= memoryKeysMax)
      throw new MeshError('storage-full', `the room's memory is full: ${memoryKeysMax} keys, ${memoryBytesMax} bytes`)
  }

  /** After all that it replaces, though a clock be wrong. */
  #write(at: Place, superseded: readonly Version[], body: Body, options: EntryOptions): void {
    this.#check(body, options)
    const stamp = superseded.reduce((latest, past) => stampAfter(latest, past.stamp), this.time.next())
    this.replica.write(at, this.#options.self.session, superseded, dot => this.#version(dot, stamp, body, options))
  }

  #version(dot: Dot, stamp: Stamp, body: Body, { ttlMs, tags = [] }: EntryOptions): Version {
    const expires = ttlMs === undefined ? {} : { expiresAtMs: Math.floor(this.time.physicalMs) + ttlMs }
    return { dot, stamp, by: this.#options.self.id, body, tags, ...expires }
  }

  #changed(at: Place): void {
    for (const { stamp } of this.replica.versions(at)) this.time.observe(stamp)
    this.#search.changed(at)
    const entry = this.#entry(at)
    for (const watcher of [...this.#watchers]) watcher(...at, entry)
  }
}

function isStrong({ consistency = 'eventual' }: Pick<StoreOptions, 'consistency'>): boolean {
  if (consistency !== 'eventual' && consistency !== 'strong')
    throw new MeshError('invalid-option', `consistency is eventual or strong, not ${String(consistency)}`)
  return consistency === 'strong'
}

function isCounterOf(session: SessionId): (version: Version) => boolean {
  return ({ dot, body }) => dot.replica === session && body.kind === 'counter'
}

function place(namespace: string = defaultNamespace, key: string): Place {
  for (const [what, text] of [
    ['a namespace', namespace],
    ['a key', key],
  ] as const)
    if (typeof text !== 'string' || text.length === 0 || text.length > memoryKeyCharsMax)
      throw new MeshError('invalid-option', `${what} is text of 1 to ${memoryKeyCharsMax} characters`)
  return [namespace, key]
}

function checkTags(tags: readonly string[]): void {
  const isRight = tags.length <= memoryTagsMax && tags.every(tag => tag.length > 0 && tag.length <= memoryTagCharsMax)
  if (!isRight)
    throw new MeshError('invalid-option', `up to ${memoryTagsMax} tags of 1 to ${memoryTagCharsMax} characters each`)
}

function byPlace(one: Place, other: Place): number {
  return one[0] === other[0] ? (one[1] < other[1] ? -1 : 1) : one[0] < other[0] ? -1 : 1
}
