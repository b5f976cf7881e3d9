/** A member of the room that was admitted and then does as it likes: a bare node, with streams into which any bytes go. */
import type { Connection, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import type { SessionId } from '../../../src/base/ids.ts'
import { addressOf } from '../../../src/link/libp2p-transport.ts'
import { gossipTopic } from '../../../src/mesh/gossip.ts'
import type { MeshPeer } from '../../../src/mesh/mesh.ts'
import { createNode, type Node } from '../../../src/mesh/node.ts'
import { openRoom } from '../../../src/mesh/room.ts'
import { freshKeys, type Keys } from './keys.ts'
import type { MemoryRoom } from './memory-mesh.ts'

export class Intruder {
  readonly keys: Keys
  readonly node: Node
  readonly session: SessionId

  constructor(keys: Keys, node: Node, session: SessionId) {
    this.keys = keys
    this.node = node
    this.session = session
  }

  static async enter(room: MemoryRoom, victim: MeshPeer): Promise<Intruder> {
    const keys = await freshKeys()
    const session = `${Date.now().toString(36)}-intruder` as SessionId
    const node = await createNode({
      key: keys.key,
      provider: room.hub.provider({ peer: keys.id, session }),
      sessionOf: () => victim.session,
      onConnection: () => {},
      admission: {
        room: await openRoom('test', 'secret'),
        self: keys.id,
        session,
        onSecured: () => {},
        onAdmitted: () => {},
        onRefused: () => {},
      },
    })
    for (const protocol of ['/tabmesh/messages/1', '/tabmesh/bulk/1']) await node.handle(protocol, () => {})
    await node.start()
    node.services.pubsub.subscribe(gossipTopic) // or its link would soon be made anew
    return new Intruder(keys, node, session)
  }

  link(victim: MeshPeer): Promise<Connection> {
    return this.node.dial(addressOf({ kind: 'memory' }, victim.id))
  }

  /** Each string of bytes as one frame on the lane of messages. */
  async write(victim: MeshPeer, frames: Iterable<Uint8Array>): Promise<void> {
    const lines = lpStream(await this.stream(victim))
    const waiting: Uint8Array[] = []
    for (const frame of frames) if (waiting.push(frame) === 500) await lines.writeV(waiting.splice(0))
    await lines.writeV(waiting)
  }

  async stream(victim: MeshPeer): Promise<Stream> {
    const connection = await this.link(victim)
    return connection.newStream('/tabmesh/messages/1')
  }

  leave(): Promise<void> {
    return Promise.resolve(this.node.stop())
  }
}
