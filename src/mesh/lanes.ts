/**
 * Frames to and from direct neighbours. Each link has two lanes, `messages` and `bulk`, each a libp2p stream of its own per
 * direction, opened at its first use, so that a large payload never delays a small message.
 */
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { LengthPrefixedDecoder, type LengthPrefixedStream, lpStream } from '@libp2p/utils'
import type { Uint8ArrayList } from 'uint8arraylist'
import { MeshError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import { headerBytesMax, laneQueueBytesMax, messageBytesMax } from './limits.ts'

export type LaneName = 'messages' | 'bulk'

const protocols: Record<LaneName, string> = {
  messages: '/tabmesh/messages/1',
  bulk: '/tabmesh/bulk/1',
}
const frameBytesMax = messageBytesMax + headerBytesMax + 2
/** Frames handed to a stream in one write. */
const framesPerWrite = 1_024
/** Bytes of the varint that says how long a frame is: enough for `frameBytesMax`. */
const lengthBytesMax = 4

interface OutgoingLane {
  readonly queue: Uint8Array[]
  queuedBytes: number
  isPumping: boolean
  stream: Promise<LengthPrefixedStream<Stream>> | undefined
}

export class Lanes {
  readonly #onFrame: (from: PeerId, bytes: Uint8Array, lane: LaneName) => void
  readonly #onBroken: (peer: PeerId, error: unknown) => void
  readonly #onSend: (to: PeerId, send: () => void) => void
  readonly #outgoing = new WeakMap<Connection, Map<LaneName, OutgoingLane>>()

  constructor(options: {
    readonly onFrame: (from: PeerId, bytes: Uint8Array, lane: LaneName) => void
    /** A lane failed though its link stands: the link is of no use. */
    readonly onBroken: (peer: PeerId, error: unknown) => void
    /** Sends now, or however a fault has it. */
    readonly onSend?: (to: PeerId, send: () => void) => void
  }) {
    this.#onFrame = options.onFrame
    this.#onBroken = options.onBroken
    this.#onSend = options.onSend ?? ((_, send) => send())
  }

  async register(node: Libp2p): Promise<void> {
    for (const [lane, protocol] of Object.entries(protocols) as [LaneName, string][]) {
      await node.handle(protocol, (stream, connection) => this.#read(stream, connection, lane), {
        maxInboundStreams: 4,
        maxOutboundStreams: 4,
      })
    }
  }

  /** Queues one frame. Throws `overloaded` where the lane holds too much already. */
  send(connection: Connection, bytes: Uint8Array, lane: LaneName): void {
    const outgoing = this.#laneOf(connection, lane)
    if (outgoing.queuedBytes + bytes.length > laneQueueBytesMax)
      throw new MeshError('overloaded', `more than ${laneQueueBytesMax} bytes wait for this peer`)
    this.#onSend(connection.remotePeer.toString() as PeerId, () => {
      outgoing.queue.push(bytes)
      outgoing.queuedBytes += bytes.length
      if (!outgoing.isPumping) void this.#pump(connection, outgoing, lane)
    })
  }

  #laneOf(connection: Connection, lane: LaneName): OutgoingLane {
    const lanes = this.#outgoing.get(connection) ?? new Map<LaneName, OutgoingLane>()
    this.#outgoing.set(connection, lanes)
    const known = lanes.get(lane)
    if (known) return known
    const fresh: OutgoingLane = { queue: [], queuedBytes: 0, isPumping: false, stream: undefined }
    lanes.set(lane, fresh)
    return fresh
  }

  async #pump(connection: Connection, outgoing: OutgoingLane, lane: LaneName): Promise<void> {
    outgoing.isPumping = true
    try {
      outgoing.stream ??= connection.newStream(protocols[lane]).then(stream => lpStream(stream))
      const stream = await outgoing.stream
      while (outgoing.queue.length > 0) {
        const frames = outgoing.queue.splice(0, framesPerWrite)
        await stream.writeV(frames)
        for (const frame of frames) outgoing.queuedBytes -= frame.length
      }
      outgoing.isPumping = false
    } catch (error) {
      // The connection is gone or going; calls that wait for an answer send again elsewhere.
      if (connection.status === 'open') this.#onBroken(connection.remotePeer.toString() as PeerId, error)
    }
  }

  /**
   * Frames are handed on as they come. A reader that awaits each of them falls behind a fast sender, whose window grows all the
   * same, and the stream dies of a full buffer.
   */
  #read(stream: Stream, connection: Connection, lane: LaneName): void {
    const from = connection.remotePeer.toString() as PeerId
    const decoder = new LengthPrefixedDecoder({ maxDataLength: frameBytesMax, lengthDecoder: decodeLength })
    stream.addEventListener('message', ({ data }) => {
      try {
        for (const frame of decoder.decode(data)) this.#onFrame(from, frame.subarray(), lane)
      } catch (error) {
        stream.abort(error instanceof Error ? error : new Error(String(error)))
        this.#onBroken(from, error)
      }
    })
  }
}

/** A varint; RangeError asks for one more byte. The library's own would ask for ever, and keep all that came. */
function decodeLength(bytes: Uint8Array | Uint8ArrayList): number {
  let length = 0
  for (let at = 0; at < bytes.byteLength; at++) {
    const byte = (bytes instanceof Uint8Array ? bytes[at] : bytes.get(at)) ?? 0
    length += (byte & 127) * 128 ** at
    if (byte < 128) return length
    if (at + 1 >= lengthBytesMax) throw new MeshError('too-large', 'a frame whose length does not end')
  }
  throw new RangeError('the length goes on')
}
