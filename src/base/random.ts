/** Chance as something handed in, so that one seed replays a whole world. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
}

/** Uniform integer in [0, below). */
export function integerBelow(random: Random, below: number): number {
  return Math.floor(random.next() * below)
}

/** A shuffled copy (Fisher-Yates). */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const copy = [...items]
  for (let last = copy.length - 1; last > 0; last--) {
    const pick = integerBelow(random, last + 1)
    const held = copy[last] as T
    copy[last] = copy[pick] as T
    copy[pick] = held
  }
  return copy
}
