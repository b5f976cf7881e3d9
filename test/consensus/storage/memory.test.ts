/** The acceptance suite of stores, over disks in this process. */

import { MeshError } from '../../../src/base/errors.ts'
import type { MemberId } from '../../../src/consensus/raft/messages.ts'
import { MemoryStores } from '../../../src/consensus/storage/memory.ts'
import { describeStorage, type StorageWorld, wentOff } from '../../suites/raft-storage.ts'

class MemoryWorld implements StorageWorld {
  writes = 0
  #left = Number.POSITIVE_INFINITY
  #isFull = false
  #life = 0
  readonly #stores = new MemoryStores(async () => {
    const life = this.#life
    await Promise.resolve()
    if (this.#isFull) throw new MeshError('storage-full', 'full')
    if (life === this.#life && this.#left-- > 0) this.writes++
    else {
      wentOff(this)
      await new Promise(() => {})
    }
  })

  async boot() {
    return this.#stores
  }

  crashAfter(count: number): void {
    this.#left = count
    this.writes = 0
  }

  powerOn(): void {
    this.#life++
    this.#left = Number.POSITIVE_INFINITY
  }

  async spoil(member: MemberId): Promise<void> {
    await this.#stores.remove(member)
  }

  setFull(isFull: boolean): void {
    this.#isFull = isFull
  }
}

describeStorage('memory', async () => new MemoryWorld(), { canBeFull: true })
