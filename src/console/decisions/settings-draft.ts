/**
 * One part of the room's settings while a person looks at it: what is kept, what was typed over it, and what somebody else changed
 * meanwhile. What is typed stays until it is decided or discarded, whatever arrives. Pure.
 */
import type { RoomSettings, SettingsChange } from '../../engine/room-settings.ts'
import {
  changeOf,
  defaultOf,
  type Kept,
  keptAfter,
  keptOf,
  type PartName,
  parsedSetting,
  parts,
  problemOf,
  type SettingField,
  type SettingValue,
  type Wanted,
} from './settings-fields.ts'

export class SettingsDraft {
  readonly part: PartName
  #kept: Kept | undefined
  #typed = new Map<string, string>()
  /** What this tab asked for last: no news when it comes back. */
  readonly #asked = new Map<string, SettingValue | undefined>()
  readonly #changedAtMs = new Map<string, number>()

  constructor(part: PartName) {
    this.part = part
  }

  get fields(): readonly SettingField[] {
    return parts[this.part].fields
  }

  /** What the room has set, as it is known now. Returns the fields that somebody else changed. */
  follow(settings: RoomSettings | undefined, nowMs: number): readonly SettingField[] {
    const [before, kept] = [this.#kept, settings && keptOf(this.part, settings)]
    this.#kept = kept
    if (!before || !kept) return []
    return this.fields.filter(({ name }) => {
      if (before[name] === kept[name]) return false
      const isOwn = this.#asked.has(name) && this.#asked.get(name) === kept[name]
      if (isOwn) this.#changedAtMs.delete(name)
      else this.#changedAtMs.set(name, nowMs)
      return !isOwn
    })
  }

  isSet(name: string): boolean {
    return this.#kept?.[name] !== undefined
  }

  /** What counts in the room; times, as they are under the preset that was chosen here. */
  valueOf({ name }: SettingField): SettingValue {
    const kept = this.#isOtherPreset && name !== 'preset' ? undefined : this.#kept?.[name]
    return kept ?? this.defaultOf(name)
  }

  defaultOf(name: string): SettingValue {
    return defaultOf(this.part, name, this.#preset)
  }

  textOf(field: SettingField): string {
    return this.#typed.get(field.name) ?? String(this.valueOf(field))
  }

  /** When somebody else changed it; undefined where nobody did. */
  changedAtMs(name: string): number | undefined {
    return this.#changedAtMs.get(name)
  }

  isTyped(field: SettingField): boolean {
    const text = this.#typed.get(field.name)
    return text !== undefined && !Object.is(parsedSetting(field, text), this.valueOf(field))
  }

  get isChanged(): boolean {
    return this.fields.some(field => this.isTyped(field))
  }

  type(name: string, text: string): void {
    this.#typed.set(name, text)
  }

  /** Back to what the room has; one field, or all. */
  discard(name?: string): void {
    if (name === undefined) this.#typed.clear()
    else this.#typed.delete(name)
  }

  problemOf(field: SettingField): string | undefined {
    return this.isTyped(field) ? problemOf(this.part, field, parsedSetting(field, this.textOf(field))) : undefined
  }

  /** What was typed, as a change to ask for. */
  ask(): SettingsChange {
    const typed = this.fields.filter(field => this.isTyped(field))
    return this.#ask(Object.fromEntries(typed.map(field => [field.name, parsedSetting(field, this.textOf(field))])))
  }

  /** The default for one setting, as a change to ask for. */
  takeBack(name: string): SettingsChange {
    return this.#ask({ [name]: null })
  }

  /** It was decided: what was typed is what the room has, but for what was typed since. */
  settled(sent: ReadonlyMap<string, string>): void {
    for (const [name, text] of sent) if (this.#typed.get(name) === text) this.#typed.delete(name)
  }

  get typed(): ReadonlyMap<string, string> {
    return new Map(this.#typed)
  }

  #ask(wanted: Wanted): SettingsChange {
    const kept = this.#kept ?? {}
    const change = changeOf(this.part, kept, wanted)
    const after = keptAfter(this.part, kept, change)
    const names = this.part === 'timing' ? this.fields.map(({ name }) => name) : Object.keys(wanted)
    for (const name of names) {
      this.#asked.set(name, after[name])
      this.#changedAtMs.delete(name)
    }
    return change
  }

  get #preset(): SettingValue | undefined {
    return this.#typed.get('preset') ?? this.#kept?.preset
  }

  get #isOtherPreset(): boolean {
    return (this.#preset ?? 'auto') !== (this.#kept?.preset ?? 'auto')
  }
}
