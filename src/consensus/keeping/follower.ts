/**
 * What the room keeps of itself, as this peer knows it: from the copy of the register that lives here, or else asked of the leader when a hint
 * says that there is something new.
 */
import * as v from 'valibot'
import type { Clock } from '../../base/clock.ts'
import type { Json } from '../../base/json.ts'
import type { Random } from '../../base/random.ts'
import type { Mesh } from '../../mesh/types.ts'
import type { OwnKeys } from '../decisions/own-keys.ts'
import type { Decided } from '../decisions/types.ts'
import { hintIntervalMs, readIntervalMs, restIntervalMs } from './limits.ts'
import { agentsPrefix, type Kept, KeptReader, settingsPrefix, topologyKey } from './records.ts'

const hintTopic = 'decisions.kept'
/** Changes that come together are read together, ms. */
const gatherMs = 100

/** The newest version among the keys, and how many they are: whoever has read just that has nothing to read. */
const hintSchema = v.strictObject({ version: v.number(), keys: v.number() })
type Hint = v.InferOutput<typeof hintSchema>

export interface FollowerOptions {
  readonly own: Pick<OwnKeys, 'here' | 'list' | 'isLeading' | 'onChange'>
  readonly mesh: Pick<Mesh, 'broadcast' | 'subscribe'>
  readonly clock: Clock
  readonly random: Random
  readonly onChange: () => void
}

export class KeptFollower {
  readonly #options: FollowerOptions
  readonly #reader = new KeptReader()
  readonly #stops: (() => void)[]
  #kept: Kept = { agents: [], topology: undefined }
  #settings: Readonly<Record<string, Json>> | undefined
  #read: Hint | undefined
  #heard: Hint | undefined
  #readAtMs: number
  #isDue = false
  #isAsking = false
  #isClosed = false

  constructor(options: FollowerOptions) {
    this.#options = options
    const { own, mesh, clock } = options
    this.#readAtMs = clock.monotonicMs() // joining goes first, and most have a copy by then
    this.#stops = [
      own.onChange(({ key }) => isKept(key) && this.#soon()),
      mesh.subscribe(hintTopic, payload => this.#hear(payload)),
      clock.every(restIntervalMs, () => this.#look()),
      clock.every(hintIntervalMs, () => this.#hint()),
    ]
    this.#soon()
    clock.after(readIntervalMs + this.#jitterMs(), () => !this.#isClosed && this.#look())
  }

  get kept(): Kept {
    return this.#kept
  }

  /** Undefined until they were read. */
  get settings(): Readonly<Record<string, Json>> | undefined {
    return this.#settings
  }

  /** The leader is another one, or of another history. */
  lookAnew(): void {
    this.#soon()
  }

  close(): void {
    this.#isClosed = true
    for (const stop of this.#stops) stop()
  }

  #soon(delayMs = gatherMs): void {
    if (this.#isDue) return
    this.#isDue = true
    this.#options.clock.after(delayMs, () => {
      this.#isDue = false
      if (!this.#isClosed) this.#look()
    })
  }

  #look(): void {
    const { own } = this.#options
    const [agents, topology, settings] = [agentsPrefix, topologyKey, settingsPrefix].map(prefix => own.here(prefix))
    if (agents && topology && settings) this.#take(agents, topology, settings)
    else if (!isSame(this.#heard, this.#read) || !this.#read) void this.#ask()
  }

  async #ask(): Promise<void> {
    const { own, clock } = this.#options
    if (this.#isAsking || clock.monotonicMs() - this.#readAtMs < readIntervalMs) return
    this.#isAsking = true
    this.#readAtMs = clock.monotonicMs()
    try {
      const found = await Promise.all([agentsPrefix, topologyKey, settingsPrefix].map(prefix => own.list(prefix)))
      const [agents = [], topology = [], settings = []] = found
      if (!this.#isClosed) this.#take(agents, topology, settings)
    } catch {
      // No quorum, or no way to it: at the next look.
    } finally {
      this.#isAsking = false
    }
  }

  #take(agents: readonly Decided[], topology: readonly Decided[], settings: readonly Decided[]): void {
    const all = [...agents, ...topology, ...settings]
    const read = { version: all.reduce((most, { version }) => Math.max(most, version), 0), keys: all.length }
    this.#heard ??= read
    if (isSame(read, this.#read)) return
    this.#read = read
    this.#kept = this.#reader.read(
      agents,
      topology.find(({ key }) => key === topologyKey),
    )
    this.#settings = Object.fromEntries(settings.map(({ key, value }) => [key.slice(settingsPrefix.length), value]))
    this.#options.onChange()
    this.#hint()
  }

  /** For those who have no copy: whoever lost this hears the next one. */
  #hint(): void {
    const { own, mesh } = this.#options
    if (own.isLeading && this.#read) void mesh.broadcast(hintTopic, this.#read, { priority: 'low' }).catch(() => {})
  }

  #hear(payload: unknown): void {
    const { own, clock } = this.#options
    const hint = v.safeParse(hintSchema, payload)
    if (!hint.success || own.here(settingsPrefix)) return
    this.#heard = hint.output
    if (isSame(hint.output, this.#read)) return
    // Not all at once, and not more often than is good for the leader.
    const waitMs = Math.max(0, this.#readAtMs + readIntervalMs - clock.monotonicMs())
    this.#soon(waitMs + gatherMs + this.#jitterMs())
  }

  #jitterMs(): number {
    return this.#options.random.next() * 2_000
  }
}

function isKept(key: string): boolean {
  return key === topologyKey || key.startsWith(agentsPrefix) || key.startsWith(settingsPrefix)
}

function isSame(one: Hint | undefined, other: Hint | undefined): boolean {
  return one?.version === other?.version && one?.keys === other?.keys
}
