/** A whole room of peers in this process: memory links and an in-memory rendezvous, everything else as in a tab. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import { randomId, systemClock, systemRandom } from '../../../src/base/system.ts'
import { MemoryHub } from '../../../src/link/memory.ts'
import { MemoryRendezvousHub } from '../../../src/link/memory-rendezvous.ts'
import { MeshPeer } from '../../../src/mesh/mesh.ts'
import { openRoom } from '../../../src/mesh/room.ts'

export { until } from '../../link/support/until.ts'

export class MemoryRoom {
  readonly hub = new MemoryHub()
  readonly rendezvous = new MemoryRendezvousHub()
  readonly peers: MeshPeer[] = []
  readonly problems: string[] = []

  async join(
    name: string,
    options: { secret?: string; browser?: string; key?: Awaited<ReturnType<typeof generateKeyPair>> } = {},
  ): Promise<MeshPeer> {
    const room = await openRoom('test', options.secret ?? 'secret')
    const peer = new MeshPeer({
      key: (options.key ?? (await generateKeyPair('Ed25519'))) as never,
      session: `${Date.now().toString(36)}-${randomId()}` as SessionId,
      room,
      name,
      device: 'test',
      browser: options.browser ?? name,
      capabilities: [],
      clock: systemClock,
      random: systemRandom,
      newId: randomId,
      rendezvous: this.rendezvous.client(),
      links: ({ self }) => this.hub.provider(self),
      onSignalingState: () => {},
      onWelcome: () => {},
      onProblem: error => this.problems.push(error.code),
    })
    await peer.start()
    this.peers.push(peer)
    return peer
  }

  async close(): Promise<void> {
    await Promise.all(this.peers.splice(0).map(peer => peer.leave()))
  }
}

export function sees(peer: MeshPeer, others: readonly MeshPeer[]): boolean {
  const ids = new Set<PeerId>(peer.peers.map(info => info.id))
  return ids.size === others.length - 1 && others.every(other => other === peer || ids.has(other.id))
}
