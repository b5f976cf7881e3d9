/** The shortest part of a schedule that still fails: delta debugging (Zeller and Hildebrandt 2002), then one by one. */
import { SHRINK_RUNS_MAX } from './limits.ts'

export interface Shrunk<Item> {
  readonly items: readonly Item[]
  /** How many runs it took. */
  readonly runs: number
  /** No single one of them can be left out. False if the runs were used up before that was known. */
  readonly isMinimal: boolean
}

/** `fails` says whether a part of the schedule breaks the same promise; it is given each part in the original order. */
export function shrink<Item>(
  items: readonly Item[],
  fails: (part: readonly Item[]) => boolean,
  runsMax: number = SHRINK_RUNS_MAX,
): Shrunk<Item> {
  let kept = items
  let runs = 0
  const stillFails = (part: readonly Item[]): boolean => {
    runs++
    return fails(part)
  }
  if (kept.length > 0 && stillFails([])) return { items: [], runs, isMinimal: true }
  let pieces = 2
  while (kept.length > 1) {
    const size = Math.ceil(kept.length / pieces)
    let smaller: readonly Item[] | undefined
    for (let from = 0; from < kept.length && !smaller; from += size) {
      if (runs >= runsMax) return { items: kept, runs, isMinimal: false }
      const without = [...kept.slice(0, from), ...kept.slice(from + size)]
      if (stillFails(without)) smaller = without
    }
    if (smaller) {
      kept = smaller
      pieces = Math.max(pieces - 1, 2)
    } else if (size === 1) {
      break
    } else {
      pieces = Math.min(pieces * 2, kept.length)
    }
  }
  return { items: kept, runs, isMinimal: true }
}
