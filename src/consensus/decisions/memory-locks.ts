/** Locks among the peers of one process, for Node and for tests. */
import type { Lease, Locks } from './platform.ts'

export class MemoryLocks implements Locks {
  readonly #held = new Map<string, object>()

  async claim(name: string): Promise<Lease | undefined> {
    if (this.#held.has(name)) return undefined
    const holder = {}
    this.#held.set(name, holder)
    return {
      release: () => {
        if (this.#held.get(name) === holder) this.#held.delete(name)
      },
      onLost: () => {},
    }
  }
}
