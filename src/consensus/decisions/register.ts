/** The register as applications see it: their keys, and not the mesh's own unless they ask for them; watchers are told what is applied. */
import type { Clock } from '../../base/clock.ts'
import type { Json } from '../../base/json.ts'
import { isSeenUnder } from '../../base/own-keys.ts'
import type { Council } from './council.ts'
import { refuseOwnKey } from './register/operations.ts'
import type { RegisterCalls } from './register-calls.ts'
import type { Decided, DecidedChange, DecidedCommand, DecisionOptions, Decisions, SwapResult } from './types.ts'

/** Without a copy of its own a peer that watches looks this often for what has changed, ms. */
const lookIntervalMs = 1_000

type Any = DecidedChange | DecidedCommand

export class DecisionsRegister implements Decisions {
  readonly #council: Council
  readonly #calls: RegisterCalls
  readonly #watchers = new Set<(change: DecidedChange) => void>()
  readonly #listeners = new Set<(decision: Any) => void>()
  readonly #stop: () => void
  /** The latest version and command that were told: several copies may live here, and each applies everything. */
  #toldVersion = 0
  #toldIndex = 0
  #generation: string | undefined
  #isLooking = false
  /** What a peer without a copy saw last; undefined while it has not looked. */
  #seen: ReadonlyMap<string, Decided> | undefined

  constructor(options: { readonly clock: Clock; readonly council: Council; readonly calls: RegisterCalls }) {
    this.#council = options.council
    this.#calls = options.calls
    this.#stop = options.clock.every(lookIntervalMs, () => void this.#look())
  }

  get(key: string, options?: DecisionOptions): Promise<Json | undefined> {
    return this.#calls.get(key, options)
  }

  async list(prefix = '', options?: DecisionOptions): Promise<readonly Decided[]> {
    return (await this.#calls.list(prefix, options)).filter(({ key }) => isSeenUnder(prefix, key))
  }

  async set(key: string, value: Json, options?: DecisionOptions): Promise<{ readonly version: number }> {
    refuseOwnKey(key)
    return this.#calls.set(key, value, options)
  }

  async delete(key: string, options?: DecisionOptions): Promise<{ readonly version: number }> {
    refuseOwnKey(key)
    return this.#calls.delete(key, options)
  }

  async compareAndSet(
    key: string,
    expected: Json | undefined,
    value: Json | undefined,
    options?: DecisionOptions,
  ): Promise<SwapResult> {
    refuseOwnKey(key)
    return this.#calls.compareAndSet(key, expected, value, options)
  }

  propose(command: Json, options?: DecisionOptions): Promise<{ readonly index: number; readonly term: number }> {
    return this.#calls.propose(command, options)
  }

  watch(listener: (change: DecidedChange) => void, { prefix = '' }: { readonly prefix?: string } = {}): () => void {
    const watcher = (change: DecidedChange) => {
      if (isSeenUnder(prefix, change.key)) listener(change)
    }
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** Changes and commands alike, for the engine. */
  onAny(listener: (decision: Any) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  heardChanges(changes: readonly DecidedChange[]): void {
    this.#followGeneration()
    const news = changes.filter(({ version }) => version > this.#toldVersion)
    this.#toldVersion = Math.max(this.#toldVersion, ...news.map(({ version }) => version))
    for (const change of news) {
      for (const tell of [...this.#watchers]) tell(change)
      for (const tell of [...this.#listeners]) tell(change)
    }
  }

  heardCommand(command: DecidedCommand): void {
    this.#followGeneration()
    if (command.index < this.#toldIndex) return
    if (command.index === this.#toldIndex && this.#council.hosted.size > 1) return
    this.#toldIndex = command.index
    for (const tell of [...this.#listeners]) tell(command)
  }

  close(): void {
    this.#stop()
    this.#watchers.clear()
    this.#listeners.clear()
  }

  #followGeneration(): void {
    const generation = this.#council.generationId
    if (generation === this.#generation) return
    this.#generation = generation
    this.#toldVersion = 0
    this.#toldIndex = 0
    this.#seen = undefined
  }

  /** A peer that hosts no copy asks, while somebody watches. */
  async #look(): Promise<void> {
    const isNeeded = this.#watchers.size > 0 && !this.#council.hasCopy
    if (!isNeeded || this.#isLooking) return
    this.#isLooking = true
    try {
      const found = new Map((await this.#calls.list('')).map(one => [one.key, one]))
      this.#followGeneration()
      const before = this.#seen
      this.#seen = found
      if (!before) {
        this.#toldVersion = Math.max(this.#toldVersion, ...[...found.values()].map(({ version }) => version))
        return
      }
      const gone = [...before.keys()].filter(key => !found.has(key))
      const changes: DecidedChange[] = [...found.values()].filter(({ version }) => version > this.#toldVersion)
      this.heardChanges(changes.sort((one, other) => one.version - other.version))
      for (const key of gone)
        for (const tell of [...this.#watchers]) tell({ key, value: undefined, version: this.#toldVersion })
    } catch {
      // No quorum, or no way to it: what has changed is told when there is one.
    } finally {
      this.#isLooking = false
    }
  }
}
