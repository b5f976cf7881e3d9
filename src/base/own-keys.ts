/**
 * The rule of keys in the room's register. Those that begin with `tabmesh/` are the mesh's own: agents, topology, settings, strong values of
 * the memory. Applications may read them by name or by a prefix of theirs, see them nowhere else, and write none.
 */
export const ownKeyPrefix = 'tabmesh/'

export function isOwnKey(key: string): boolean {
  return key.startsWith(ownKeyPrefix)
}

/** Whether somebody who asks for `prefix` sees `key`. */
export function isSeenUnder(prefix: string, key: string): boolean {
  return key.startsWith(prefix) && (isOwnKey(prefix) || !isOwnKey(key))
}
