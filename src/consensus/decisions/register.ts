/** The register as applications call it: checks what they say, sends it on, and tells watchers what is applied. */
import type { Clock } from '../../base/clock.ts'
import { MeshError } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import type { DecisionsClient } from './client.ts'
import type { Council } from './council.ts'
import { keyCharsMax } from './limits.ts'
import { checkKey, checkValue, type Operation } from './register/operations.ts'
import type { Decided, DecidedChange, DecidedCommand, DecisionOptions, Decisions, SwapResult } from './types.ts'

/** Without a copy of its own a peer that watches looks this often for what has changed, ms. */
const lookIntervalMs = 1_000

type Any = DecidedChange | DecidedCommand

export class DecisionsRegister implements Decisions {
  readonly #council: Council
  readonly #client: DecisionsClient
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

  constructor(options: { readonly clock: Clock; readonly council: Council; readonly client: DecisionsClient }) {
    this.#council = options.council
    this.#client = options.client
    this.#stop = options.clock.every(lookIntervalMs, () => void this.#look())
  }

  async get(key: string, options?: DecisionOptions): Promise<Json | undefined> {
    checkKey(key)
    const { found } = await this.#client.read({ kind: 'key', key }, options)
    return found[0]?.value
  }

  async list(prefix = '', options?: DecisionOptions): Promise<readonly Decided[]> {
    if (typeof prefix !== 'string' || prefix.length > keyCharsMax)
      throw new MeshError('invalid-option', `a prefix is text of at most ${keyCharsMax} characters`)
    return (await this.#client.read({ kind: 'prefix', prefix }, options)).found
  }

  async set(key: string, value: Json, options?: DecisionOptions): Promise<{ readonly version: number }> {
    checkKey(key)
    checkValue('a value', value)
    return this.#write({ kind: 'set', key, value }, options)
  }

  async delete(key: string, options?: DecisionOptions): Promise<{ readonly version: number }> {
    checkKey(key)
    return this.#write({ kind: 'delete', key }, options)
  }

  async compareAndSet(
    key: string,
    expected: Json | undefined,
    value: Json | undefined,
    options?: DecisionOptions,
  ): Promise<SwapResult> {
    checkKey(key)
    if (expected !== undefined) checkValue('the expected value', expected)
    if (value !== undefined) checkValue('a value', value)
    const maybe = (one: Json | undefined) => (one === undefined ? [] : [one])
    const swap: Operation = { kind: 'swap', key, expected: maybe(expected), value: maybe(value) }
    const { result } = await this.#client.perform(swap, options)
    if (result.kind !== 'swap') throw unexpected(result.kind)
    if (result.swapped) return { swapped: true, value }
    const isWhole = !result.held || result.value.length > 0
    return { swapped: false, value: isWhole ? result.value[0] : await this.get(key, options) }
  }

  async propose(command: Json, options?: DecisionOptions): Promise<{ readonly index: number; readonly term: number }> {
    checkValue('a command', command)
    const { index, term } = await this.#client.perform({ kind: 'propose', command }, options)
    return { index, term }
  }

  watch(listener: (change: DecidedChange) => void, { prefix = '' }: { readonly prefix?: string } = {}): () => void {
    const watcher = (change: DecidedChange) => {
      if (change.key.startsWith(prefix)) listener(change)
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

  async #write(operation: Operation, options: DecisionOptions | undefined): Promise<{ readonly version: number }> {
    const { result } = await this.#client.perform(operation, options)
    if (result.kind !== 'done') throw unexpected(result.kind)
    return { version: result.version }
  }

  #followGeneration(): void {
    const generation = this.#council.generation?.id
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
      const found = new Map((await this.list('')).map(one => [one.key, one]))
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

function unexpected(kind: string): MeshError {
  return new MeshError('malformed', `the leader answered with "${kind}"`, { outcome: 'unknown' })
}
