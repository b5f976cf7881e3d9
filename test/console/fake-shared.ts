/** Shared state of a fake mesh: a real Yjs document and a real memory store, with nobody at the other end. */
import type { PeerId, SessionId } from '../../src/base/ids.ts'
import { systemClock } from '../../src/base/system.ts'
import { DocReplica } from '../../src/crdt/doc-replica.ts'
import { MemoryStore } from '../../src/crdt/memory/store.ts'
import { openPageDocument } from '../../src/crdt/page/document.ts'
import { openPagePresence } from '../../src/crdt/page/presence.ts'
import { defaultSettings } from '../../src/crdt/settings.ts'
import type { SharedView } from '../../src/crdt/shared.ts'
import type { MemoryHandle, SharedHandle } from '../../src/engine/shared-handle.ts'
import type { PeerInfo } from '../../src/mesh/types.ts'

const welcome = `# Notes for Thursday

- Ada brings the projector
- the demo starts with five tabs, one of them closed in the middle
- Bob asks the question about partitions
`

export function fakeShared(id: PeerId, onChange: () => void) {
  const memory = new MemoryStore({ self: { id, session: 'fake-0' as SessionId }, clock: systemClock })
  memory.store('plan', { steps: ['collect', 'count', 'report'], owner: 'Ada' }, { namespace: 'team', tags: ['draft'] })
  memory.store('corpus', 'udhr, 12 languages', { namespace: 'team', ttlMs: 3_600_000 })
  memory.increment('visits', 41)
  for (const topic of ['gossip', 'raft']) memory.add('topics', topic)
  memory.watch(onChange)
  const docs = new Map<string, ReturnType<typeof openPageDocument>>()
  const presence = openPagePresence(() => {})

  const shared: SharedHandle = {
    async doc(name) {
      const known = docs.get(name)
      if (known) return known.doc
      const seed = new DocReplica('doc/seed')
      if (name === 'notes') seed.doc.getText('text').insert(0, welcome)
      const opened = openPageDocument(seed.whole(), () => {})
      docs.set(name, opened)
      return opened.doc
    },
    presence: async () => presence.awareness,
    configure: async () => {},
  }
  const handle: MemoryHandle = {
    store: async (key, value, options) => memory.store(key, value, options),
    retrieve: (key, options) => memory.retrieve(key, options),
    entry: async (key, namespace) => memory.entry(key, namespace),
    list: async options => memory.list(options),
    search: async (query, options) => memory.search(query, options),
    delete: async (key, options) => memory.delete(key, options),
    increment: async (key, by, options) => memory.increment(key, by, options),
    add: async (key, element, options) => memory.add(key, element, options),
    remove: async (key, element, options) => memory.remove(key, element, options),
    watch: listener => memory.watch((namespace, key, entry) => listener({ namespace, key, entry })),
  }
  const view = (peers: readonly PeerInfo[]): SharedView => ({
    replicas: [
      { document: undefined, bytes: memory.replica.bytes, ...sync(peers, 0), progress: undefined },
      { document: 'notes', bytes: 2_048, ...sync(peers, 1), progress: undefined },
    ],
    settings: defaultSettings,
    trouble: undefined,
  })
  return { shared, memory: handle, view }
}

function sync(peers: readonly PeerInfo[], missing: number) {
  const behind = peers.slice(0, Math.min(missing, Math.max(0, peers.length - 1))).map(peer => peer.id)
  const inSync = peers.length - behind.length
  return {
    inSync,
    peers: peers.length,
    behind,
    apart: behind.map(peer => ({ peer, sinceMs: Date.now() - 12_000 })),
    silent: [],
    isConverged: inSync >= peers.length * defaultSettings.convergenceThreshold,
  }
}
