/** Settings of the whole room: kept with what it decides, taken up by everybody who is here and by whoever comes later. */
import * as v from 'valibot'
import { MeshError, toMeshError } from '../base/errors.ts'
import type { Json } from '../base/json.ts'
import type { OwnKeys } from '../consensus/decisions/own-keys.ts'
import { timingSchema } from '../consensus/decisions/timing.ts'
import type { DecisionOptions, TimingChoice, TimingView } from '../consensus/decisions/types.ts'
import { settingsTriesMax } from '../consensus/keeping/limits.ts'
import { settingsPrefix } from '../consensus/keeping/records.ts'
import { checkSettings, defaultSettings } from '../crdt/settings.ts'
import type { SyncSettings } from '../crdt/sync/state.ts'

export interface RoomSettings {
  /** Of gossip and shared state: what differs from the defaults. */
  readonly gossip?: Partial<SyncSettings>
  /** How fast the clocks of decisions run. */
  readonly timing?: TimingChoice
}

/** `null` takes back what it stands for, one setting of gossip or all of a kind: the default counts again. */
export interface SettingsChange {
  readonly gossip?: { readonly [Name in keyof SyncSettings]?: SyncSettings[Name] | null } | null
  readonly timing?: TimingChoice | null
}

export interface RoomSettingsOptions {
  readonly own: Pick<OwnKeys, 'get' | 'list' | 'compareAndSet' | 'isLeading'>
  readonly gossip: { configure(change: Partial<SyncSettings>): Promise<SyncSettings> }
  /** These clocks and no others. */
  readonly retime: (choice: TimingChoice) => Promise<TimingView>
  readonly count: (counter: string) => void
}

const names = ['gossip', 'timing'] as const
const changeSchema = v.strictObject({
  gossip: v.optional(v.nullable(v.looseObject({}))),
  timing: v.optional(v.nullable(timingSchema)),
})
const defaults = { gossip: defaultSettings, timing: { preset: 'auto' } } as const

export class RoomSettingsKeeper {
  readonly #options: RoomSettingsOptions
  /** What was taken up here, as JSON. */
  readonly #applied = new Map<keyof RoomSettings, string | undefined>()

  constructor(options: RoomSettingsOptions) {
    this.#options = options
  }

  /** Linearizable: what the last `set` that ended has left, or something later. */
  async get(options?: DecisionOptions): Promise<RoomSettings> {
    const found = await this.#options.own.list(settingsPrefix, options)
    return settingsIn(Object.fromEntries(found.map(({ key, value }) => [key.slice(settingsPrefix.length), value])))
  }

  /** Of what a peer knows to be kept. */
  static in(kept: Readonly<Record<string, Json>>): RoomSettings {
    return settingsIn(kept)
  }

  async set(change: SettingsChange, options?: DecisionOptions): Promise<RoomSettings> {
    checkChange(change)
    // Clocks that could not work are refused by the leader, before they are kept.
    if (change.timing) await this.#options.retime(change.timing)
    for (const name of names) if (change[name] !== undefined) await this.#change(name, change[name], options)
    return this.get(options)
  }

  /** What is kept now: taken up where it is news. Clocks are the leader's to tell. */
  async apply(kept: Readonly<Record<string, Json>>): Promise<void> {
    const { gossip, retime, own, count } = this.#options
    const settings = settingsIn(kept)
    try {
      if (this.#isNews('gossip', settings)) await gossip.configure({ ...defaults.gossip, ...settings.gossip })
      if (own.isLeading && this.#isNews('timing', settings)) await retime(settings.timing ?? defaults.timing)
    } catch {
      count('settings.not-applied')
    }
  }

  #isNews(name: keyof RoomSettings, settings: RoomSettings): boolean {
    const text = settings[name] && JSON.stringify(settings[name])
    if (this.#applied.get(name) === text) return false
    this.#applied.set(name, text)
    return true
  }

  async #change(name: keyof RoomSettings, change: object | null, options: DecisionOptions | undefined): Promise<void> {
    const { own } = this.#options
    const key = settingsPrefix + name
    for (let tries = 0; tries < settingsTriesMax; tries++) {
      const before = await own.get(key, options)
      const former = name === 'gossip' ? settingsIn({ gossip: before ?? null }).gossip : undefined
      const value = change === null ? undefined : merged({ ...former, ...change })
      if ((await own.compareAndSet(key, before, value, options)).swapped) return
    }
    throw new MeshError('overloaded', 'others changed the settings each time; try again', { outcome: 'not-applied' })
  }
}

/** Throws `invalid-option` with what is wrong. */
function checkChange(change: SettingsChange): void {
  const parsed = v.safeParse(changeSchema, change)
  if (!parsed.success)
    throw new MeshError('invalid-option', `settings are gossip and timing: ${v.summarize(parsed.issues)}`)
  const { gossip } = change
  if (!gossip) return
  const entries = Object.entries(gossip).map(([name, value]) => [
    name,
    value === null ? defaultSettings[name as keyof SyncSettings] : value,
  ])
  checkSettings(defaultSettings, Object.fromEntries(entries))
}

/** Undefined where nothing is left of it. */
function merged(settings: object): Json | undefined {
  const left = Object.entries(settings).filter(([, value]) => value !== null && value !== undefined)
  return left.length === 0 ? undefined : Object.fromEntries(left)
}

/** What makes no sense here, such as what a later version keeps, is left out. */
function settingsIn(kept: Readonly<Record<string, Json>>): RoomSettings {
  const timing = v.safeParse(timingSchema, kept.timing)
  const gossip = gossipIn(kept.gossip)
  return { ...(gossip && { gossip }), ...(timing.success && { timing: timing.output as TimingChoice }) }
}

function gossipIn(kept: Json | undefined): Partial<SyncSettings> | undefined {
  if (typeof kept !== 'object' || kept === null || Array.isArray(kept)) return undefined
  try {
    checkSettings(defaultSettings, kept as Partial<SyncSettings>)
    return kept as Partial<SyncSettings>
  } catch (thrown) {
    toMeshError(thrown, 'invalid-option')
    return undefined
  }
}
