/** The settings of gossip (capabilities D2 to D7, D12): live, and checked with messages for whoever changes them. */
import * as v from 'valibot'
import { MeshError } from '../base/errors.ts'
import type { SyncSettings } from './sync/state.ts'

const duration = (least: number, most: number) => v.pipe(v.number(), v.minValue(least), v.maxValue(most))

const schema = v.strictObject({
  interval: duration(50, 60_000),
  fanout: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10)),
  antiEntropy: v.boolean(),
  antiEntropyInterval: duration(1_000, 600_000),
  convergenceThreshold: v.pipe(v.number(), v.minValue(0.5), v.maxValue(1)),
})

export const defaultSettings: SyncSettings = {
  interval: 2_000,
  fanout: 3,
  antiEntropy: true,
  antiEntropyInterval: 10_000,
  convergenceThreshold: 0.95,
}

/** `settings` with `change`. Throws `invalid-option`. */
export function checkSettings(settings: SyncSettings, change: Partial<SyncSettings>): SyncSettings {
  const checked = v.safeParse(schema, { ...settings, ...change })
  if (!checked.success) throw new MeshError('invalid-option', v.summarize(checked.issues))
  return checked.output
}
