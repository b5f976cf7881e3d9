/** Full-text search over the memory store: keys count most, then tags, then whatever text the values hold. Built at the first question. */
import MiniSearch from 'minisearch'
import type { Place } from './replica.ts'
import type { Entry } from './versions.ts'

interface Indexed {
  readonly id: string
  readonly key: string
  readonly tags: string
  readonly text: string
}

export class MemorySearch {
  readonly #entryAt: (place: Place) => Entry | undefined
  #index: MiniSearch<Indexed> | undefined

  constructor(entryAt: (place: Place) => Entry | undefined) {
    this.#entryAt = entryAt
  }

  find(query: string, places: Iterable<Place>): Place[] {
    this.#index ??= this.#build(places)
    const options = { prefix: true, fuzzy: 0.2, boost: { key: 3, tags: 2 } }
    return this.#index.search(query, options).map(({ id }) => JSON.parse(id as string) as Place)
  }

  changed(place: Place): void {
    const index = this.#index
    if (!index) return
    const id = JSON.stringify(place)
    if (index.has(id)) index.discard(id)
    const indexed = this.#indexed(place)
    if (indexed) index.add(indexed)
  }

  #build(places: Iterable<Place>): MiniSearch<Indexed> {
    const index = new MiniSearch<Indexed>({ fields: ['key', 'tags', 'text'] })
    index.addAll([...places].flatMap(place => this.#indexed(place) ?? []))
    return index
  }

  #indexed(place: Place): Indexed | undefined {
    const entry = this.#entryAt(place)
    if (!entry) return undefined
    const text = typeof entry.value === 'string' ? entry.value : JSON.stringify(entry.value)
    return { id: JSON.stringify(place), key: `${entry.namespace} ${entry.key}`, tags: entry.tags.join(' '), text }
  }
}
