/** Shared state in a tab: kept in the browser's database where that is allowed, written by one tab for all. Loaded after joining. */
import type { Clock } from '../base/clock.ts'
import { MeshError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import type { OwnKeys } from '../consensus/decisions/own-keys.ts'
import type { Register } from '../crdt/memory/strong.ts'
import { Shared } from '../crdt/shared.ts'
import { openIndexedStore } from '../crdt/storage/indexed-store.ts'
import { createMemoryStore } from '../crdt/storage/store.ts'
import { claimWriter } from '../crdt/storage/writer-lock.ts'
import type { Room } from '../mesh/room.ts'
import type { SharedContext } from './engine.ts'

export interface BrowserSharedOptions extends SharedContext {
  readonly room: Room
  readonly clock: Clock
  readonly random: Random
}

export async function createBrowserShared({
  room,
  push,
  decisions,
  ...options
}: BrowserSharedOptions): Promise<Shared> {
  const shared = await Shared.open({
    ...options,
    register: strongRegister(decisions),
    store: await openIndexedStore(room.hash).catch(cause => {
      const message = 'This browser keeps no data: shared documents and memory live in the open tabs only.'
      options.onTrouble(new MeshError('storage-lost', message, { cause }))
      return createMemoryStore()
    }),
    onPresence: update => push({ kind: 'presence', update }),
    onPresenceGone: clients => push({ kind: 'presence-gone', clients }),
  })
  // For as long as this worker lives.
  void claimWriter(`tabmesh:shared:${room.hash}`, new AbortController().signal, () => void shared.becomeWriter())
  return shared
}

/** Where strong values of the memory lie. Records of the past are forgotten at one peer, where the leader lives. */
function strongRegister(decisions: BrowserSharedOptions['decisions']): Register {
  let own: OwnKeys | undefined
  decisions.then(
    service => {
      own = service.own
    },
    () => {}, // told to whoever calls
  )
  return {
    get: async (key, given) => (await decisions).own.get(key, given),
    compareAndSet: async (...call) => (await decisions).own.compareAndSet(...call),
    records: prefix => (own?.isLeading ? own.here(prefix) : undefined),
  }
}
