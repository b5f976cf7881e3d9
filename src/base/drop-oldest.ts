/** Keeps a Map or Set, in the order in which its entries came, to `max` of them: called after each one that comes. */
export function dropOldest<Key>(kept: Map<Key, unknown> | Set<Key>, max: number): void {
  const [oldest] = kept.keys()
  if (oldest !== undefined && kept.size > max) kept.delete(oldest)
}
