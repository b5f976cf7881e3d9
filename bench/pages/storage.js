// Writes a document's edits to IndexedDB and reads it back, by our keeper and by y-indexeddb.
import { IndexeddbPersistence } from 'y-indexeddb'
import * as Y from 'yjs'
import { systemClock } from '../../src/base/system.ts'
import { DocReplica } from '../../src/crdt/doc-replica.ts'
import { openIndexedStore } from '../../src/crdt/storage/indexed-store.ts'
import { Keeper } from '../../src/crdt/storage/keeper.ts'

const records = async (database, store) => {
  const open = indexedDB.open(database)
  const db = await new Promise(resolve => {
    open.onsuccess = () => resolve(open.result)
  })
  const count = db.transaction(store).objectStore(store).count()
  const result = await new Promise(resolve => {
    count.onsuccess = () => resolve(count.result)
  })
  db.close()
  return result
}

const ours = {
  async open(name) {
    const keeper = new Keeper({
      store: await openIndexedStore('bench', name),
      clock: systemClock,
      fresh: replica => new DocReplica(replica),
      onTrouble: () => {},
    })
    const replica = new DocReplica('doc/bench')
    await keeper.open(replica)
    await keeper.becomeWriter()
    return { doc: replica.doc, close: async () => keeper.close() }
  },
  stored: async (name, length) => (await loadOurs(name)).getText('text').length === length,
  records: name => records(name, 'updates'),
}

async function loadOurs(name) {
  const store = await openIndexedStore('bench', name)
  const doc = new Y.Doc()
  const updates = await store.load('doc/bench')
  if (updates.length > 0) Y.applyUpdate(doc, Y.mergeUpdates([...updates]))
  store.close()
  return doc
}

const theirs = {
  async open(name) {
    const doc = new Y.Doc()
    const persistence = new IndexeddbPersistence(name, doc)
    await persistence.whenSynced
    return { doc, close: () => persistence.destroy() }
  },
  async stored(name, length) {
    const { doc, close } = await theirs.open(name)
    const isThere = doc.getText('text').length === length
    await close()
    return isThere
  },
  records: name => records(name, 'updates'),
}

async function measure(keeper, edits) {
  const name = `bench-${Math.random()}`
  const { doc, close } = await keeper.open(name)
  const startMs = performance.now()
  for (let edit = 0; edit < edits; edit++) {
    doc.getText('text').insert(0, 'word ')
    if (edit % 10 === 9) await new Promise(resolve => setTimeout(resolve, 0))
  }
  const typedMs = performance.now() - startMs
  while (!(await keeper.stored(name, 5 * edits))) await new Promise(resolve => setTimeout(resolve, 5))
  const durableMs = performance.now() - startMs
  await close()
  const held = await keeper.records(name)
  const loadMs = performance.now()
  const again = await keeper.open(name)
  const loadedMs = performance.now() - loadMs
  await again.close()
  return { 'typed, ms': typedMs, 'all on disk, ms': durableMs, records: held, 'opened again, ms': loadedMs }
}

globalThis.measureStorage = async edits => ({
  tabmesh: await measure(ours, edits),
  'y-indexeddb': await measure(theirs, edits),
})
