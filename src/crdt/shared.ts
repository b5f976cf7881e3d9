/** Shared state at one peer, put together: documents, the memory store, presence; kept in step with the others, and written down. */
import type { Clock } from '../base/clock.ts'
import { MeshError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import type { Random } from '../base/random.ts'
import type { Mesh } from '../mesh/types.ts'
import { DocReplica } from './doc-replica.ts'
import { documentNameCharsMax, documentsMax } from './limits.ts'
import { MemoryReplica } from './memory/replica.ts'
import { MemoryStore } from './memory/store.ts'
import type { Register } from './memory/strong.ts'
import { Presence } from './presence.ts'
import type { Replica } from './replica.ts'
import { checkSettings, defaultSettings } from './settings.ts'
import { Keeper } from './storage/keeper.ts'
import type { SharedStore } from './storage/store.ts'
import { type Progress, Sync } from './sync/driver.ts'
import { digestTopic, documentOf, documentReplica, memoryName, updateTopic } from './sync/messages.ts'
import type { SyncSettings } from './sync/state.ts'

export interface SharedOptions {
  readonly mesh: Mesh
  readonly clock: Clock
  readonly random: Random
  readonly store: SharedStore
  readonly settings?: Partial<SyncSettings>
  /** The room's decisions, where it has any: strong reads and writes of the memory store go through them. */
  readonly register?: Register
  /** What `view` shows may have changed. */
  readonly onChange?: () => void
  /** Nothing can be written down, or all can again (`undefined`): told once each time. */
  readonly onTrouble?: (error: MeshError | undefined) => void
  readonly onPresence?: (update: Uint8Array) => void
  readonly onPresenceGone?: (clients: readonly number[]) => void
  readonly count?: (counter: string) => void
}

/** One document, or the memory store, as a person sees it. */
export interface ReplicaView {
  /** The document's name; undefined for the memory store. */
  readonly document: string | undefined
  readonly bytes: number
  /** Peers that hold the same, and how many there are. */
  readonly inSync: number
  readonly peers: number
  readonly isConverged: boolean
  /** Those known to hold something else; the rest has not said yet. */
  readonly behind: readonly PeerId[]
  /** The same, with since when that has been known, ms since 1970. */
  readonly apart: readonly { readonly peer: PeerId; readonly sinceMs: number | undefined }[]
  /** Those who have not said what they hold. */
  readonly silent: readonly PeerId[]
  /** A large answer that is being fetched. */
  readonly progress: Progress | undefined
}

export interface SharedView {
  readonly replicas: readonly ReplicaView[]
  readonly settings: SyncSettings
  /** Why nothing can be written down at the moment. */
  readonly trouble: { readonly code: string; readonly message: string } | undefined
}

export class Shared {
  readonly memory: MemoryStore
  readonly presence: Presence
  readonly #options: SharedOptions
  readonly #sync: Sync
  readonly #keeper: Keeper
  readonly #documents = new Map<string, Promise<DocReplica>>()
  readonly #replicas = new Map<string, Replica>()
  readonly #offs: (() => void)[]

  private constructor(options: SharedOptions) {
    this.#options = options
    const { mesh, clock, random, store, register, onChange = () => {}, count = () => {} } = options
    this.memory = new MemoryStore({ self: mesh, clock, ...(register && { register }) })
    const onTrouble = (error: MeshError | undefined) => {
      options.onTrouble?.(error)
      onChange()
    }
    this.#keeper = new Keeper({ store, clock, fresh, onTrouble })
    this.#sync = new Sync({
      mesh,
      clock,
      random,
      settings: checkSettings(defaultSettings, options.settings ?? {}),
      adopt: name => this.#adopt(name),
      onChange,
      count,
    })
    this.presence = new Presence({
      mesh,
      clock,
      onUpdate: options.onPresence ?? (() => {}),
      onGone: options.onPresenceGone ?? (() => {}),
      count,
    })
    const heard = (_: unknown, { from, timestamp }: { from: PeerId; timestamp: number }) =>
      this.memory.time.compare(from, timestamp)
    this.#offs = [
      mesh.subscribe(updateTopic, heard),
      mesh.subscribe(digestTopic, heard),
      mesh.on('agent-leave', ({ peer }) => this.memory.time.forget(peer.id)),
    ]
  }

  /** Opens what is stored. Resolves when it is all there; the others are asked meanwhile. */
  static async open(options: SharedOptions): Promise<Shared> {
    const shared = new Shared(options)
    await shared.#add(shared.memory.replica)
    const names = await options.store.names().catch(() => [])
    await Promise.all(names.flatMap(name => (documentOf(name) === undefined ? [] : shared.#document(name))))
    return shared
  }

  /** The document of that name; an empty one where nobody has it yet. */
  async document(name: string): Promise<DocReplica> {
    if (typeof name !== 'string' || name.length === 0 || name.length > documentNameCharsMax)
      throw new MeshError('invalid-option', `a document's name is text of 1 to ${documentNameCharsMax} characters`)
    const replica = documentReplica(name)
    if (!this.#documents.has(replica) && this.#documents.size >= documentsMax)
      throw new MeshError('too-large', `a room has at most ${documentsMax} documents`)
    return this.#document(replica)
  }

  get settings(): SyncSettings {
    return this.#sync.settings
  }

  /** Changes settings of gossip while everything runs. Throws `invalid-option`. */
  configure(change: Partial<SyncSettings>): void {
    this.#sync.configure(checkSettings(this.#sync.settings, change))
    this.#options.onChange?.()
  }

  /** This tab writes down for its browser from now on. */
  becomeWriter(): Promise<void> {
    return this.#keeper.becomeWriter()
  }

  get view(): SharedView {
    const peers = this.#options.mesh.peers.map(({ id }) => id)
    const replicas = [...this.#replicas.values()].map(({ name, bytes }) => {
      const behind = peers.filter(peer => this.#sync.isSame(peer, name) === false)
      return {
        document: documentOf(name),
        bytes,
        ...this.#sync.convergence(name),
        behind,
        apart: behind.map(peer => ({ peer, sinceMs: this.#sync.apartSinceMs(peer, name) })),
        silent: peers.filter(peer => this.#sync.isSame(peer, name) === undefined),
        progress: this.#sync.progress(name),
      }
    })
    const { trouble } = this.#keeper
    return { replicas, settings: this.settings, trouble: trouble && { code: trouble.code, message: trouble.message } }
  }

  /** Resolves when all is written down that can be. */
  async close(): Promise<void> {
    for (const off of this.#offs) off()
    this.#sync.close()
    this.presence.close()
    this.memory.close()
    await this.#keeper.flush()
    this.#keeper.close()
    for (const replica of this.#replicas.values()) replica.close()
  }

  #adopt(name: string): void {
    if (documentOf(name) !== undefined && this.#documents.size < documentsMax) void this.#document(name)
  }

  #document(name: string): Promise<DocReplica> {
    const known = this.#documents.get(name)
    if (known) return known
    const replica = new DocReplica(name)
    const opening = this.#add(replica).then(() => replica)
    this.#documents.set(name, opening)
    return opening
  }

  /** From the disk first: what is there already need not be asked for. */
  async #add(replica: Replica): Promise<void> {
    await this.#keeper.open(replica)
    this.#replicas.set(replica.name, replica)
    this.#sync.add(replica)
    this.#options.onChange?.()
  }
}

function fresh(name: string): Replica {
  return name === memoryName ? new MemoryReplica() : new DocReplica(name)
}
