/** The settings of gossip (capabilities D2 to D7, D12): live, and checked with messages for whoever changes them. */
import * as v from 'valibot'
import { MeshError } from '../base/errors.ts'
import type { SyncSettings } from './sync/state.ts'

/** The least and the most that each number may be. */
export const settingBounds = {
  interval: [50, 60_000],
  fanout: [1, 10],
  antiEntropyInterval: [1_000, 600_000],
  convergenceThreshold: [0.5, 1],
} as const

export const settingsSchema = v.strictObject({
  interval: within(settingBounds.interval),
  fanout: v.pipe(within(settingBounds.fanout), v.integer('must be a whole number')),
  antiEntropy: v.boolean(),
  antiEntropyInterval: within(settingBounds.antiEntropyInterval),
  convergenceThreshold: within(settingBounds.convergenceThreshold),
})

function within([least, most]: readonly [number, number]) {
  const says = `must be a number from ${least.toLocaleString('en')} to ${most.toLocaleString('en')}`
  return v.pipe(v.number(says), v.minValue(least, says), v.maxValue(most, says))
}

export const defaultSettings: SyncSettings = {
  interval: 2_000,
  fanout: 3,
  antiEntropy: true,
  antiEntropyInterval: 10_000,
  convergenceThreshold: 0.95,
}

/** `settings` with `change`. Throws `invalid-option`. */
export function checkSettings(settings: SyncSettings, change: Partial<SyncSettings>): SyncSettings {
  const checked = v.safeParse(settingsSchema, { ...settings, ...change })
  if (!checked.success) throw new MeshError('invalid-option', v.summarize(checked.issues))
  return checked.output
}
