/** The settings of the whole room as fields that a person fills in, in plain words, and the change that they make. Pure. */
import * as v from 'valibot'
import { electionMsMax, heartbeatMsMax } from '../../consensus/decisions/limits.ts'
import { timingSchema } from '../../consensus/decisions/timing.ts'
import type { TimingChoice } from '../../consensus/decisions/types.ts'
import { RAFT_PRESETS } from '../../consensus/raft/config.ts'
import { defaultSettings, settingBounds, settingsSchema } from '../../crdt/settings.ts'
import type { RoomSettings, SettingsChange } from '../../engine/room-settings.ts'

export type SettingValue = number | boolean | string
/** What is set of one part, by name; what is missing has its default. */
export type Kept = Readonly<Record<string, SettingValue | undefined>>
/** `null` takes a setting back. */
export type Wanted = Readonly<Record<string, SettingValue | null>>

export interface SettingField {
  readonly name: string
  readonly label: string
  /** What it does, for somebody who never heard of it. */
  readonly hint: string
  readonly unit?: string
  readonly bounds?: readonly [least: number, most: number]
  /** Instead of a number: a value as text, and its words. */
  readonly choices?: readonly (readonly [value: string, words: string])[]
}

export type PartName = keyof RoomSettings
interface Part {
  readonly title: string
  readonly hint: string
  readonly fields: readonly SettingField[]
}

const choices = (words: Readonly<Record<string, string>>) => Object.entries(words)

export const parts: Readonly<Record<PartName, Part>> = {
  gossip: {
    title: 'How changes spread',
    hint: 'Documents and memory: tabs tell each other what changed, and compare their copies.',
    fields: [
      {
        name: 'interval',
        label: 'Tell what changed every',
        hint: 'How long a tab gathers changes before it tells others. Shorter is faster, and more traffic.',
        unit: 'ms',
        bounds: settingBounds.interval,
      },
      {
        name: 'fanout',
        label: 'Compare with',
        hint: 'How many tabs, picked at random, each comparison asks. More find a gap sooner.',
        unit: 'tabs',
        bounds: settingBounds.fanout,
      },
      {
        name: 'antiEntropy',
        label: 'Compare copies regularly',
        hint: 'Finds what a lost message left out, even when nothing changes any more.',
        choices: choices({ true: 'on', false: 'off' }),
      },
      {
        name: 'antiEntropyInterval',
        label: 'Compare every',
        hint: 'The time between two comparisons.',
        unit: 'ms',
        bounds: settingBounds.antiEntropyInterval,
      },
      {
        name: 'convergenceThreshold',
        label: 'In agreement from',
        hint: 'Which share of the tabs must hold the same to call it “in agreement”: 0.95 is 95 %.',
        unit: 'of the tabs',
        bounds: settingBounds.convergenceThreshold,
      },
    ],
  },
  timing: {
    title: 'Clocks of decisions',
    hint: 'How soon the tabs notice that their leader is gone, and choose another one.',
    fields: [
      {
        name: 'preset',
        label: 'Network',
        hint: 'Fast clocks replace a lost leader sooner; on a slow network they would replace one that is only late.',
        choices: choices({
          auto: 'auto: as measured',
          lab: 'lab: one room',
          internet: 'internet: far away',
        }),
      },
      {
        name: 'heartbeatMs',
        label: 'Leader says it is here every',
        hint: 'Its heartbeat. A new choice of network forgets this time.',
        unit: 'ms',
        bounds: [1, heartbeatMsMax],
      },
      {
        name: 'electionMs',
        label: 'Choose another leader after',
        hint: 'So much silence, up to twice as much by chance; at least two heartbeats.',
        unit: 'ms',
        bounds: [1, electionMsMax],
      },
    ],
  },
}

export function keptOf(part: PartName, settings: RoomSettings | undefined): Kept {
  if (part === 'gossip') return { ...settings?.gossip }
  const { preset, ...times } = settings?.timing ?? {}
  return { ...times, ...(preset && preset !== 'auto' && { preset }) } // `auto` is what counts where nothing is set
}

/** What counts where nothing is set; times are those of the preset. */
export function defaultOf(part: PartName, name: string, preset: SettingValue = 'auto'): SettingValue {
  const times = RAFT_PRESETS[preset === 'internet' ? 'internet' : 'lab']
  const defaults: Kept = part === 'gossip' ? { ...defaultSettings } : { ...times, preset: 'auto' }
  return defaults[name] ?? ''
}

/** What a text says; thousands may be grouped, as they are shown. */
export function parsedSetting({ choices }: SettingField, text: string): SettingValue {
  const plain = text.trim()
  if (choices) return plain === 'true' || (plain === 'false' ? false : plain)
  return plain === '' ? Number.NaN : Number(/^\d{1,3}(,\d{3})+$/.test(plain) ? plain.replaceAll(',', '') : plain)
}

/** Why a value cannot be, as the engine would say it; undefined where it can. */
export function problemOf(part: PartName, { name, label }: SettingField, value: SettingValue): string | undefined {
  const { entries } = part === 'gossip' ? settingsSchema : timingSchema
  const parsed = v.safeParse((entries as Readonly<Record<string, v.GenericSchema>>)[name] ?? v.never(), value)
  return parsed.success ? undefined : `“${label}” ${parsed.issues[0].message}.`
}

/** The change that makes this of what is kept. Times belong to their preset: another one forgets them. */
export function changeOf(part: PartName, kept: Kept, wanted: Wanted): SettingsChange {
  if (part === 'gossip') return { gossip: wanted }
  const { preset = 'auto' } = kept
  const isOther = wanted.preset !== undefined && (wanted.preset ?? 'auto') !== preset
  const all = { preset, ...(isOther ? {} : kept), ...wanted }
  const { preset: chosen, ...times } = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null))
  const timing = { ...times, preset: chosen ?? 'auto' } as TimingChoice
  return { timing: timing.preset === 'auto' && Object.keys(times).length === 0 ? null : timing }
}

/** What will be set of a part once a change is decided, and nobody else changes it. */
export function keptAfter(part: PartName, kept: Kept, { gossip, timing }: SettingsChange): Kept {
  if (part === 'timing') return keptOf('timing', timing ? { timing } : undefined)
  const all: Wanted | Kept = { ...kept, ...gossip }
  return Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value == null ? [] : [[name, value]])))
}

/** A refusal of the engine, with the names that people see here. */
export function inLabels(part: PartName, text: string): string {
  const named = parts[part].fields.reduce(
    (text, { name, label }) => text.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), `“${label}”`),
    text,
  )
  return named.replace(/Raft: × /, '')
}

/** As people write it: `2,000`, `on`, `lab`. */
export function shownSetting({ choices }: SettingField, value: SettingValue): string {
  if (typeof value === 'number') return value.toLocaleString('en')
  return choices?.find(([choice]) => choice === String(value))?.[1].split(':')[0] ?? String(value)
}
