/**
 * G10: js gossipsub goes silent toward a peer when the connection that carries its stream closes while another stays (DESIGN, fact 4).
 * The first test shows that delivery goes on; it would without `Broadcasts.prepare` too, for this gossipsub opens another stream by
 * itself. The second is what `prepare` is for, and fails without it.
 */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromString } from '@libp2p/peer-id'
import { afterEach, expect, test } from 'vitest'
import type { SessionId } from '../../src/base/ids.ts'
import { systemClock } from '../../src/base/system.ts'
import { addressOf } from '../../src/link/libp2p-transport.ts'
import { MemoryHub } from '../../src/link/memory.ts'
import { Broadcasts } from '../../src/mesh/broadcasts.ts'
import { encodeFrame, type Frame } from '../../src/mesh/frame.ts'
import { createNode, type Node } from '../../src/mesh/node.ts'
import { peerIdOf } from '../../src/mesh/peer-id.ts'
import { openRoom } from '../../src/mesh/room.ts'
import { signerOf } from '../../src/mesh/signed.ts'
import { until } from './support/memory-mesh.ts'

const nodes: Node[] = []
afterEach(async () => {
  await Promise.all(nodes.splice(0).map(node => node.stop()))
})

/** A node with broadcasts, to which any number of connections may be made. */
async function peer(hub: MemoryHub, at: number) {
  const key = (await generateKeyPair('Ed25519')) as never
  const id = peerIdOf(key)
  const session = `k00${at}-aaaaaaaa` as SessionId
  const provider = hub.provider({ peer: id, session })
  const heard: string[] = []
  const none = () => {}
  const node = await createNode({
    key,
    provider,
    sessionOf: () => session,
    onConnection: () => {},
    admission: {
      room: await openRoom('test', 'secret'),
      self: id,
      session,
      onSecured: none,
      onAdmitted: none,
      onRefused: none,
    },
  })
  nodes.push(node)
  const broadcasts = new Broadcasts({
    clock: systemClock,
    signer: signerOf(key, id),
    slowMs: () => 0,
    congestion: () => 0,
    topics: () => undefined,
    neighbours: () => [],
    isAlone: () => true,
    onDeaf: () => {},
    onFrame: (_, frame) => heard.push(frame.header.id),
    count: () => {},
  })
  broadcasts.prepare(node)
  await node.start()
  broadcasts.attach(node.services)
  const say = (word: string) => {
    const frame: Frame = {
      header: { kind: 'broadcast', id: word, topic: 'g10', timestamp: 1, body: 'none' },
      body: new Uint8Array(0),
    }
    return broadcasts.send(encodeFrame(frame))
  }
  return { id, node, provider, heard, say, broadcasts }
}

test('G10: the connection that carries gossip closes while a duplicate stays, and delivery goes on', async () => {
  const hub = new MemoryHub({ onePerPeer: false })
  const [ada, bob] = [await peer(hub, 1), await peer(hub, 2)]
  const bobId = peerIdFromString(bob.id)
  await ada.node.dial(addressOf(ada.provider, bob.id))
  const subscribers = () => ada.node.services.pubsub.getSubscribers('/tabmesh/1/broadcast').length
  await until(() => subscribers() === 1, 'Bob listens')
  await ada.say('first')
  await expect.poll(() => bob.heard).toContain('first')
  const [carrier] = ada.node.getConnections(bobId)
  await ada.node.dial(addressOf(ada.provider, bob.id), { force: true })
  await until(() => ada.node.getConnections(bobId).length === 2, 'there are two connections')
  await carrier?.close()
  await until(() => ada.node.getConnections(bobId).length === 1, 'one is left')
  let said = 0
  // Until gossip has moved to the other connection words may be lost; from then on none is.
  await expect
    .poll(
      async () => {
        await ada.say(`second ${said++}`)
        return bob.heard.some(word => word.startsWith('second'))
      },
      { timeout: 5_000 },
    )
    .toBe(true)
  await ada.say('third')
  await expect.poll(() => bob.heard).toContain('third')
})

test('G10: gossip is told late that a connection closed, when the next is open, and not one word is lost', async () => {
  const hub = new MemoryHub({ onePerPeer: false })
  const [ada, bob] = [await peer(hub, 1), await peer(hub, 2)]
  await ada.node.dial(addressOf(ada.provider, bob.id))
  await until(() => ada.node.services.pubsub.getSubscribers('/tabmesh/1/broadcast').length === 1, 'Bob listens')
  // libp2p asks its peer store before it tells: by then another connection may carry the streams.
  const router = ada.node.services.pubsub as unknown as { onPeerDisconnected(peer: unknown): void }
  const words = Array.from({ length: 10 }, (_, at) => `word ${at}`)
  for (const word of words) {
    router.onPeerDisconnected(peerIdFromString(bob.id))
    await ada.say(word)
  }
  await until(() => bob.heard.length >= words.length, 'Bob hears all')
  expect(bob.heard).toEqual(words)
})
