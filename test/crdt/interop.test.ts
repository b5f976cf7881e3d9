/** The rest of the libp2p world: a stock node over WebSockets, written from docs/protocol.md, reads and writes a shared document. */
import { webSockets } from '@libp2p/websockets'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { systemClock, systemRandom } from '../../src/base/system.ts'
import { Shared } from '../../src/crdt/shared.ts'
import { createMemoryStore } from '../../src/crdt/storage/store.ts'
import { MemoryRoom, sees, until } from '../mesh/support/memory-mesh.ts'
import { named, startPlainNode, unnamed } from '../mesh/support/plain-node.ts'
import { freePort } from '../support/free-port.ts'

let room: MemoryRoom
const plain: Awaited<ReturnType<typeof startPlainNode>>[] = []
beforeEach(() => {
  room = new MemoryRoom()
})
afterEach(async () => {
  for (const one of plain.splice(0)) await one.node.stop()
  await room.close()
})

test('a stock libp2p node decodes shared updates and publishes its own', async () => {
  const port = await freePort()
  const door = `/ip4/127.0.0.1/tcp/${port}/ws`
  const ada = await room.join('Ada', { doors: { transports: [webSockets()], listen: [door] } })
  const bob = await room.join('Bob')
  await until(() => sees(ada, [ada, bob]), 'Ada sees Bob')
  const states = await Promise.all(
    [ada, bob].map(mesh => Shared.open({ mesh, clock: systemClock, random: systemRandom, store: createMemoryStore() })),
  )
  const [here, far] = await Promise.all(states.map(async one => (await one.document('notes')).doc))
  if (!here || !far) throw new Error('no documents')

  const stranger = await startPlainNode('test', 'secret')
  plain.push(stranger)
  await stranger.node.dial(multiaddr(`${door}/p2p/${ada.id}`))
  // Nobody repeats to a stranger what was said before Ada knew that it listens, and nothing tells it when she does: so Bob says it anew.
  const stopCalling = systemClock.every(50, () => void bob.broadcast('test.call', null))
  await until(() => stranger.heard.some(({ header }) => header.topic === 'test.call'), 'the stranger hears Bob')
  stopCalling()

  far.getText('text').insert(0, 'from Bob, two hops away. ')
  const theirs = new Y.Doc()
  await until(() => {
    for (const { header, body } of stranger.heard.splice(0)) {
      if (header.topic !== 'shared.update') continue
      const { name, bytes } = unnamed(body)
      if (name === 'doc/notes') Y.applyUpdate(theirs, bytes)
    }
    return `${theirs.getText('text')}`.includes('two hops away')
  }, 'the stranger reads what Bob wrote')

  const updates: Uint8Array[] = []
  theirs.on('update', (update: Uint8Array) => updates.push(update))
  theirs.getText('text').insert(0, 'From a stranger. ')
  for (const update of updates) await stranger.broadcast('shared.update', named('doc/notes', update))
  await until(() => `${far.getText('text')}`.startsWith('From a stranger. '), 'Bob reads what the stranger wrote')
  expect(`${here.getText('text')}`).toBe(`${theirs.getText('text')}`)
  for (const one of states) await one.close()
})

test('without the room’s key the door stays shut', async () => {
  const port = await freePort()
  const door = `/ip4/127.0.0.1/tcp/${port}/ws`
  const guarded = await room.join('Guarded', { doors: { transports: [webSockets()], listen: [door] } })
  const stranger = await startPlainNode('test', 'a guess')
  plain.push(stranger)
  await expect(stranger.node.dial(multiaddr(`${door}/p2p/${guarded.id}`))).rejects.toThrow('does not hold the key')
})
