/** Members of @coaty/consensus.raft's RawNode in one thread, driven as its (and etcd's) documentation says. */
import { createRequire } from 'node:module'
import type { RaftRoom } from './raft-ours.ts'

interface CoatyEntry {
  readonly index: number
  readonly data: unknown
}
interface CoatyMessage {
  readonly to: string
}
interface CoatyReady {
  readonly hardState: { readonly term: number }
  readonly entries: CoatyEntry[]
  readonly committedEntries: CoatyEntry[]
  readonly messages: CoatyMessage[]
}
interface CoatyNode {
  step(message: CoatyMessage): Error | null
  campaign(): Error | null
  hasReady(): boolean
  ready(): CoatyReady
  advance(ready: CoatyReady): void
}
interface CoatyStorage {
  snapshot: { metadata: { confState: unknown; index: number; term: number } }
  Append(entries: CoatyEntry[]): Error | null
  SetHardState(state: unknown): Error | null
  Compact(index: number): Error | null
}
interface Peer {
  readonly node: CoatyNode
  readonly storage: CoatyStorage
  applied: number
  lastIndex: number
  compacted: number
}

/** Entries kept in its log, as in ours. */
const KEPT_ENTRIES = 1_000

/** Undefined where the rival is not installed. */
export async function coatyRoom(): Promise<((members: number) => RaftRoom) | undefined> {
  const require = createRequire(import.meta.url)
  try {
    // Its index loads a native SQLite that the core has no use for and that would have to be compiled.
    const path = require.resolve('sqlite3')
    require.cache[path] = { id: path, filename: path, loaded: true, exports: {} } as unknown as NodeJS.Module
  } catch {
    return undefined
  }
  const from = (file: string) => require(`@coaty/consensus.raft/ported/${file}.js`)
  const parts = {
    ...from('rawnode'),
    ...from('raft'),
    ...from('storage'),
    ...from('logger'),
    ...from('raftpb/raft.pb'),
  }
  return members => roomOf(parts, members)
}

// biome-ignore lint/suspicious/noExplicitAny: a package of plain JavaScript that may be absent; its types are the interfaces above
function roomOf(parts: any, members: number): RaftRoom {
  const ids = Array.from({ length: members }, (_, at) => `m${at}`)
  const peers = new Map<string, Peer>(ids.map(id => [id, peerOf(parts, id, ids)]))
  const leader = peers.get('m0') as Peer

  /** Until nobody has anything left to do. */
  function run(): void {
    for (let isBusy = true; isBusy; ) {
      isBusy = false
      for (const peer of peers.values()) {
        if (!peer.node.hasReady()) continue
        isBusy = true
        handle(peer)
      }
    }
  }

  function handle(peer: Peer): void {
    const ready = peer.node.ready()
    if (ready.hardState.term > 0) peer.storage.SetHardState(ready.hardState)
    peer.storage.Append(ready.entries)
    for (const message of ready.messages) {
      room.onMessage?.(message)
      ;(peers.get(message.to) as Peer).node.step(message)
    }
    for (const entry of ready.committedEntries) {
      if (entry.data === PAYLOAD_OF.current) peer.applied++
      peer.lastIndex = entry.index
    }
    if (peer.lastIndex - peer.compacted > 2 * KEPT_ENTRIES) {
      peer.compacted = peer.lastIndex - KEPT_ENTRIES
      peer.storage.Compact(peer.compacted)
    }
    peer.node.advance(ready)
  }

  const room: RaftRoom = {
    get committed() {
      return leader.applied
    },
    onMessage: undefined,
    commit(payload, count) {
      PAYLOAD_OF.current = payload
      const target = leader.applied + count
      // What `propose` does for one, so that a batch is one message to it as to us.
      const entries = Array.from({ length: count }, () => new parts.Entry({ data: payload }))
      const error = leader.node.step(new parts.Message({ type: parts.MessageType.MsgProp, from: 'm0', entries }))
      if (error) throw error
      run()
      if (leader.applied !== target) throw new Error(`${leader.applied} of ${target} commands came back`)
    },
  }
  leader.node.campaign()
  run()
  return room
}

/** What a command looks like, to tell it from the empty entry of a new leader. */
const PAYLOAD_OF: { current: unknown } = { current: undefined }

// biome-ignore lint/suspicious/noExplicitAny: see roomOf
function peerOf(parts: any, id: string, ids: readonly string[]): Peer {
  const storage = parts.MemoryStorage.NewMemoryStorage()
  storage.snapshot.metadata.confState = new parts.ConfState({ voters: [...ids] })
  const config = new parts.RaftConfig({
    id,
    electionTick: 15,
    heartbeatTick: 5,
    storage,
    maxSizePerMsg: parts.noLimit,
    maxInflightMsgs: 64,
    checkQuorum: true,
    preVote: true,
    logger: parts.discardLogger,
  })
  return { node: parts.RawNode.NewRawNode(config), storage, applied: 0, lastIndex: 0, compacted: 0 }
}
