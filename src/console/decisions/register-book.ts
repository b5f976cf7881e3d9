/** The register as this page knows it: a list, kept current by changes that may overtake it. Versions decide which is newer. Pure. */
import type { Json } from '../../base/json.ts'
import type { Decided, DecidedChange } from '../../consensus/decisions/types.ts'
import { registerKeysMax } from './limits.ts'

interface Entry {
  /** Undefined where it was deleted: a mark, so that an older list does not bring it back. */
  readonly value: Json | undefined
  readonly version: number
}

export class RegisterBook {
  readonly #entries = new Map<string, Entry>()
  /** Changed since the list was asked for: newer than whatever the list says. */
  readonly #since = new Set<string>()
  #sorted: readonly string[] | undefined

  /** A list is asked for now. Changes from here on outlive what it will lack. */
  beginList(): void {
    this.#since.clear()
  }

  /** What the list said. Keys that it lacks are gone, and so are marks that have done their work. */
  endList(list: readonly Decided[]): void {
    const named = new Set(list.map(({ key }) => key))
    for (const key of this.#entries.keys()) if (!named.has(key) && !this.#since.has(key)) this.#entries.delete(key)
    for (const { key, value, version } of list) this.#put(key, value, version)
    this.#sorted = undefined
  }

  apply({ key, value, version }: DecidedChange): void {
    const known = this.#entries.get(key)
    this.#since.add(key)
    this.#put(key, value, version)
    if (!known || (known.value === undefined) !== (value === undefined)) this.#sorted = undefined
  }

  get(key: string): Decided | undefined {
    const entry = this.#entries.get(key)
    return entry?.value === undefined ? undefined : { key, value: entry.value, version: entry.version }
  }

  /** By key; those that begin with `prefix`, at most so many, and how many there are. */
  list(prefix = '', most = registerKeysMax): { readonly rows: readonly Decided[]; readonly total: number } {
    this.#sorted ??= [...this.#entries.keys()].filter(key => this.#entries.get(key)?.value !== undefined).sort()
    const keys = prefix === '' ? this.#sorted : this.#sorted.filter(key => key.startsWith(prefix))
    return { rows: keys.slice(0, most).flatMap(key => this.get(key) ?? []), total: keys.length }
  }

  clear(): void {
    this.#entries.clear()
    this.#since.clear()
    this.#sorted = undefined
  }

  #put(key: string, value: Json | undefined, version: number): void {
    const known = this.#entries.get(key)
    const isFull = !known && this.#entries.size >= registerKeysMax
    if (isFull || (known && known.version > version)) return
    this.#entries.set(key, { value, version })
  }
}
