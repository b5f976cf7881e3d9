/** The acceptance suite of stores, over disks in this process. */

import { MeshError } from '../../../src/base/errors.ts'
import type { MemberId } from '../../../src/consensus/raft/messages.ts'
import { MemoryStores } from '../../../src/consensus/storage/memory.ts'
import { Power } from '../../suites/power.ts'
import { describeStorage, type StorageWorld, wentOff } from '../../suites/raft-storage.ts'

class MemoryWorld extends Power implements StorageWorld {
  #isFull = false
  readonly #stores = new MemoryStores(async () => {
    const lands = this.gate()
    await Promise.resolve()
    if (this.#isFull) throw new MeshError('storage-full', 'full')
    await lands()
  })

  async boot() {
    return this.#stores
  }

  protected override wentOff(): void {
    wentOff(this)
  }

  async spoil(member: MemberId): Promise<void> {
    await this.#stores.remove(member)
  }

  setFull(isFull: boolean): void {
    this.#isFull = isFull
  }
}

describeStorage('memory', async () => new MemoryWorld(), { canBeFull: true })
