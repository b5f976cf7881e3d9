/** The libp2p node of one peer: our transport, admitted Noise, yamux, identify, gossipsub. Nothing that dials by itself. */
import { gossipsub } from '@libp2p/gossipsub'
import { type Identify, identify } from '@libp2p/identify'
import type { Libp2p, Logger, PrivateKey } from '@libp2p/interface'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import type { PeerId, SessionId } from '../base/ids.ts'
import { linkTransport } from '../link/libp2p-transport.ts'
import type { PipeConnection } from '../link/pipe-connection.ts'
import { quietYamux } from '../link/quiet-yamux.ts'
import type { LinkProvider } from '../link/types.ts'
import { type AdmissionOptions, admittedNoise } from './admission.ts'
import { batchId, batchKey } from './batch.ts'
import {
  broadcastBytesMax,
  gossipQueueBytesMax,
  headerBytesMax,
  linksHigh,
  linksLow,
  linksMax,
  linksTarget,
} from './limits.ts'

/** Other ways into the room, such as WebSockets at a Node peer, for peers that are not ours. Admission stands at each of them. */
export interface Doors {
  readonly transports: NonNullable<Libp2pOptions['transports']>
  /** Multiaddresses to listen on. */
  readonly listen: readonly string[]
}

export interface NodeOptions {
  readonly key: PrivateKey
  readonly provider: LinkProvider
  readonly admission: AdmissionOptions
  readonly sessionOf: (peer: PeerId) => SessionId | undefined
  readonly onConnection: (connection: PipeConnection) => void
  readonly doors?: Doors
  /** A copy of a batch came in or went out, whether it is the first or not. */
  readonly onBatch?: (batch: Uint8Array) => void
}

type Services = { readonly identify: Identify; readonly pubsub: ReturnType<ReturnType<typeof gossipsub>> }
export type Node = Libp2p<Services>

/** Larger than any batch: a single broadcast may exceed `batchBytes`, never this. */
const gossipBytesMax = broadcastBytesMax + headerBytesMax + 4096

export function createNode(options: NodeOptions): Promise<Node> {
  const { provider, sessionOf, onConnection, doors, onBatch } = options
  return createLibp2p<Services>({
    start: false, // the caller registers its protocols first
    privateKey: options.key,
    logger: silence,
    addresses: {
      listen: [provider.kind === 'memory' ? `/memory/${options.admission.self}` : '/webrtc', ...(doors?.listen ?? [])],
    },
    transports: [linkTransport({ provider, sessionOf, onConnection }), ...(doors?.transports ?? [])],
    connectionEncrypters: [admittedNoise(options.admission)],
    streamMuxers: [quietYamux()],
    connectionMonitor: { enabled: false }, // we measure links ourselves
    connectionGater: { denyDialMultiaddr: () => false },
    connectionManager: {
      maxConnections: 2 * linksMax,
      maxIncomingPendingConnections: 4 * linksMax,
      inboundConnectionThreshold: 1_000, // per second and address, and all our addresses look alike
      reconnectRetries: 0,
    },
    services: {
      identify: identify({ runOnConnectionOpen: true }),
      pubsub: gossipsub({
        globalSignaturePolicy: 'StrictNoSign', // batches carry a signature of ours: see batch.ts
        msgIdFn: message => {
          onBatch?.(message.data)
          return batchId(message.data)
        },
        msgIdToStrFn: batchKey,
        emitSelf: false,
        allowPublishToZeroTopicPeers: true,
        doPX: false,
        D: linksTarget,
        Dlo: linksLow,
        Dhi: linksHigh,
        Dscore: linksLow,
        Dout: 1,
        maxInboundDataLength: gossipBytesMax,
        maxOutboundBufferSize: gossipQueueBytesMax,
        floodPublish: true,
        idontwantMinDataSize: gossipBytesMax, // never: trees (gossip/trees) keep copies away, one small message less for each
        // Members were admitted. A score would shut out whoever is merely slow: three late answers to IWANT silence a peer.
        scoreParams: { behaviourPenaltyWeight: 0, IPColocationFactorWeight: 0 },
      }),
    },
  })
}

/** libp2p's own log lines go nowhere: our events tell what a person should know, and formatting them costs time on each message. */
const silentLogger: Logger = Object.assign(() => {}, {
  error: () => {},
  trace: () => {},
  newScope: () => silentLogger,
  enabled: false,
}) as unknown as Logger
const silence = { forComponent: () => silentLogger }
