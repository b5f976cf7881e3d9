/** Who came to lead, as all tabs together know it: each tab remembers what it saw, and forgets it when it goes. */
import type { DecisionsView, ElectionRecord } from '../../../../src/consensus/decisions/types.ts'
import { viewOf } from '../deciding.ts'
import type { Tab } from '../tabs.ts'

const lookEveryMs = 1_000

export class Elections {
  readonly #tabs: () => readonly Tab[]
  readonly #known = new Map<string, ElectionRecord>()
  /** More than one member of the same term is two leaders. */
  readonly #byTerm = new Map<string, Set<string>>()
  #highestTerm = 0
  #timer: NodeJS.Timeout | undefined

  constructor(tabs: () => readonly Tab[]) {
    this.#tabs = tabs
  }

  watch(): void {
    this.#timer = setInterval(() => void this.look(), lookEveryMs)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async look(): Promise<void> {
    const views = await Promise.all(this.#tabs().map(tab => viewOf(tab).catch(() => undefined)))
    for (const view of views) if (view) this.#take(view)
  }

  get count(): number {
    return this.#known.size
  }

  get highestTerm(): number {
    return this.#highestTerm
  }

  get byReason(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const { reason } of this.#known.values()) counts[reason] = (counts[reason] ?? 0) + 1
    return counts
  }

  /** Terms in which two members led: there must be none. */
  get doubled(): string[] {
    return [...this.#byTerm].filter(([, members]) => members.size > 1).map(([term]) => term)
  }

  #take({ elections, term, generation }: DecisionsView): void {
    this.#highestTerm = Math.max(this.#highestTerm, term)
    for (const record of elections) {
      const inTerm = `${generation?.id} ${record.term}`
      this.#known.set(`${inTerm} ${record.member}`, record)
      this.#byTerm.set(inTerm, (this.#byTerm.get(inTerm) ?? new Set()).add(record.member))
    }
  }
}
