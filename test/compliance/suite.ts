/** libp2p's own transport suite over two of our link providers: the same for memory in Node and for WebRTC in a browser. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import transportTests from '@libp2p/interface-compliance-tests/transport'
import { noise } from '@libp2p/noise'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { yamux } from '@libp2p/yamux'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2pInit } from 'libp2p'
import type { PeerId, SessionId } from '../../src/base/ids.ts'
import { linkTransport } from '../../src/link/libp2p-transport.ts'
import type { LinkProvider, Remote } from '../../src/link/types.ts'

/** Time for one test of the suite; the slowest moves 10 MiB twice. */
export const testTimeoutMs = 120_000

export interface Pair {
  readonly dialer: LinkProvider
  readonly listener: LinkProvider
}

export function transportSuite(options: {
  readonly scheme: 'memory' | 'webrtc'
  readonly pair: (dialer: Remote, listener: Remote) => Pair
  /** Further addresses of the listener. */
  readonly aliases?: readonly string[]
}): void {
  let pair: Pair | undefined
  transportTests({
    async setup() {
      const keys = [await generateKeyPair('Ed25519'), await generateKeyPair('Ed25519')] as const
      const [dialer, listener] = keys.map(key => remoteOf(peerIdFromPrivateKey(key).toString())) as [Remote, Remote]
      pair = options.pair(dialer, listener)
      const matcher = matcherOf(options.scheme)
      const listen = {
        listen: [addressOf(options.scheme, listener.peer)],
        appendAnnounce: [...(options.aliases ?? [])],
      }
      return {
        dialer: { privateKey: keys[0], addresses: { listen: [] }, ...stack(pair.dialer) },
        listener: { privateKey: keys[1], addresses: listen, ...stack(pair.listener) },
        dialMultiaddrMatcher: matcher,
        listenMultiaddrMatcher: matcher,
      }
    },
    async teardown() {
      pair?.dialer.close()
      pair?.listener.close()
      pair = undefined
    },
  })
}

/** What the product puts on its links. */
function stack(provider: LinkProvider): Pick<Libp2pInit, 'transports' | 'connectionEncrypters' | 'streamMuxers'> {
  return {
    transports: [linkTransport({ provider, sessionOf: peer => remoteOf(peer).session })],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
  }
}

function remoteOf(peer: string): Remote {
  return { peer: peer as PeerId, session: `${Date.now().toString(36).slice(0, 4)}-${peer.slice(-8)}` as SessionId }
}

function addressOf(scheme: 'memory' | 'webrtc', peer: PeerId): string {
  return scheme === 'memory' ? `/memory/${peer}` : '/webrtc'
}

function matcherOf(scheme: string) {
  const matches = (address: Multiaddr) => address.getComponents()[0]?.name === scheme
  return { matchers: [], matches, exactMatch: matches }
}
