/** A whole room of peers in this process: memory links and an in-memory rendezvous, everything else as in a tab. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Clock } from '../../../src/base/clock.ts'
import { MeshError } from '../../../src/base/errors.ts'
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import { randomId, systemClock, systemRandom } from '../../../src/base/system.ts'
import { MemoryHub, type MemoryProvider } from '../../../src/link/memory.ts'
import { MemoryRendezvousHub } from '../../../src/link/memory-rendezvous.ts'
import type { Remote } from '../../../src/link/types.ts'
import { MeshPeer } from '../../../src/mesh/mesh.ts'
import type { Doors } from '../../../src/mesh/node.ts'
import type { MeshOptions } from '../../../src/mesh/options.ts'
import { openRoom } from '../../../src/mesh/room.ts'
import type { MeshEvents } from '../../../src/mesh/types.ts'

import { until } from '../../link/support/until.ts'

export { until }

export class MemoryRoom {
  readonly hub: MemoryHub
  readonly rendezvous = new MemoryRendezvousHub()
  readonly peers: MeshPeer[] = []
  readonly problems: string[] = []
  readonly #providers = new Map<SessionId, MemoryProvider>()
  readonly #blocked = new Set<string>()
  readonly #crashed: MeshPeer[] = []
  /** Tabs of one browser know by its locks when another is gone. */
  readonly #watches = new Map<SessionId, Set<() => void>>()
  readonly #clock: Clock

  constructor(clock = systemClock, hub = new MemoryHub()) {
    this.#clock = clock
    this.hub = hub
  }

  async join(
    name: string,
    options: {
      secret?: string
      browser?: string
      blocked?: readonly MeshPeer[]
      doors?: Doors
      siblingLinks?: MeshOptions['siblingLinks']
      hasSiblings?: boolean
      key?: Awaited<ReturnType<typeof generateKeyPair>>
      onLeaving?: (leaving: MeshEvents['agent-leave']) => void
      /** Called before it joins. */
      onMade?: (peer: MeshPeer) => void
    } = {},
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
      clock: this.#clock,
      random: systemRandom,
      newId: randomId,
      rendezvous: { ...this.rendezvous.client(), isNear: () => options.hasSiblings === true },
      links: ({ self }) => this.#providerOf(self),
      ...(options.doors && { doors: options.doors }),
      siblingLinks: options.siblingLinks,
      hasSiblings: options.hasSiblings ?? false,
      ...(options.onLeaving && { onLeaving: options.onLeaving }),
      watchSession: (session, onGone) => this.#watch(session, onGone),
      onSignalingState: () => {},
      onWelcome: () => {},
      onProblem: error => this.problems.push(error.code),
    })
    for (const other of options.blocked ?? []) this.block(peer, other)
    options.onMade?.(peer)
    await peer.start()
    this.peers.push(peer)
    return peer
  }

  /** Its process is gone without a word: every pipe closes, and none opens again. */
  crash(peer: MeshPeer): void {
    for (const other of this.peers) this.block(peer, other)
    this.#providers.get(peer.session)?.close()
    this.peers.splice(this.peers.indexOf(peer), 1)
    this.#crashed.push(peer)
    for (const onGone of this.#watches.get(peer.session) ?? []) onGone()
  }

  #watch(session: SessionId, onGone: () => void): () => void {
    const watches = this.#watches.get(session) ?? new Set()
    this.#watches.set(session, watches.add(onGone))
    return () => watches.delete(onGone)
  }

  /** Between these two no link can be made; one that stands goes on until it is cut. */
  block(one: MeshPeer, two: MeshPeer): void {
    this.#blocked.add(wayBetween(one.session, two.session))
  }

  unblock(one: MeshPeer, two: MeshPeer): void {
    this.#blocked.delete(wayBetween(one.session, two.session))
  }

  #providerOf(self: Remote): MemoryProvider {
    const provider = this.hub.provider(self)
    const dial = provider.dial.bind(provider)
    provider.dial = async (to, options) => {
      const isBlocked = this.#blocked.has(wayBetween(self.session, to.session))
      if (isBlocked) throw new MeshError('dial-failed', 'no way leads there')
      return dial(to, options)
    }
    this.#providers.set(self.session, provider)
    return provider
  }

  async close(): Promise<void> {
    await Promise.all(this.#crashed.splice(0).map(peer => peer.leave()))
    await Promise.all(this.peers.splice(0).map(peer => peer.leave()))
  }
}

/** All at once, each linked to each. */
export async function joinAll<Names extends string[]>(
  room: MemoryRoom,
  ...names: Names
): Promise<{ [At in keyof Names]: MeshPeer }> {
  const peers = await Promise.all(names.map(name => room.join(name)))
  await until(() => peers.every(peer => sees(peer, peers) && peer.links.length === peers.length - 1), 'all are linked')
  return peers as { [At in keyof Names]: MeshPeer }
}

function wayBetween(one: SessionId, two: SessionId): string {
  return [one, two].sort().join(' ')
}

export function sees(peer: MeshPeer, others: readonly MeshPeer[]): boolean {
  const ids = new Set<PeerId>(peer.peers.map(info => info.id))
  return ids.size === others.length - 1 && others.every(other => other === peer || ids.has(other.id))
}

/** What a peer tells of others coming and going, in order, as `join NAME` and `leave NAME REASON`. */
export function eventsOf(peer: MeshPeer): string[] {
  const told: string[] = []
  peer.on('agent-join', info => told.push(`join ${info.name}`))
  peer.on('agent-leave', ({ peer: info, reason }) => told.push(`leave ${info.name} ${reason}`))
  return told
}
