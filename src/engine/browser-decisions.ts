/** Deciding in a tab: members in IndexedDB with a journal each, under Web Locks. */
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { DecisionsService } from '../consensus/decisions/decisions.ts'
import type { Lease, Locks } from '../consensus/decisions/platform.ts'
import type { TimingPreset } from '../consensus/decisions/types.ts'
import { openIndexedStores } from '../consensus/storage/indexed.ts'
import { openJournals } from '../consensus/storage/journals.ts'
import { MemoryStores } from '../consensus/storage/memory.ts'
import type { MeshPeer } from '../mesh/mesh.ts'

export interface BrowserDecisionsOptions {
  readonly mesh: MeshPeer
  readonly clock: Clock
  readonly random: Random
  readonly newId: () => string
  readonly room: string
  readonly browser: string
  readonly timing: TimingPreset
  readonly count: (counter: string) => void
}

export async function createBrowserDecisions(options: BrowserDecisionsOptions): Promise<DecisionsService> {
  const { timing, room, ...given } = options
  const { clock } = given
  // A member in memory dies with its tab and never comes back under its id: as safe, and of less use (R16).
  const stores = await openIndexedStores({ room, clock, journals: await openJournals(clock) }).catch(
    () => new MemoryStores(),
  )
  return new DecisionsService({ ...given, room, preset: timing, platform: { stores, locks: webLocks } })
}

const webLocks: Locks = {
  claim(name) {
    return new Promise<Lease | undefined>((resolve, reject) => {
      let release = () => {}
      const lost: (() => void)[] = []
      let isReleased = false
      const held = new Promise<void>(done => {
        release = () => {
          isReleased = true
          done()
        }
      })
      const lease: Lease = { release: () => release(), onLost: listener => void lost.push(listener) }
      navigator.locks
        .request(name, { ifAvailable: true }, lock => {
          resolve(lock ? lease : undefined)
          return lock ? held : undefined
        })
        .catch(error => {
          // Before it was granted: a refusal. Afterwards: somebody stole it.
          reject(error)
          if (!isReleased) for (const tell of lost) tell()
        })
    })
  },
}
