/**
 * A js-libp2p node that is none of ours, written from docs/protocol.md alone: stock WebSockets, Noise, yamux and gossipsub; admission,
 * batches and frames a second time. Shares no code with src.
 */
import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import type { ConnectionEncrypter, MessageStream, PrivateKey, SecureConnectionOptions } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { lpStream } from '@libp2p/utils'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { WebSocket } from 'ws'

globalThis.WebSocket ??= WebSocket as never // Node 20 has none

const topic = '/tabmesh/1/broadcast'
const text = (value: string) => new TextEncoder().encode(value)

export interface PlainFrame {
  readonly from: string
  readonly header: { readonly kind: string; readonly topic?: string; readonly body: string }
  readonly body: Uint8Array
}

export async function startPlainNode(room: string, secret: string) {
  const key = await generateKeyPair('Ed25519')
  const self = peerIdFromPrivateKey(key).toString()
  const session = `${Date.now().toString(36)}-${randomBytes(6).toString('hex')}`
  const heard: PlainFrame[] = []
  const node = await createLibp2p({
    privateKey: key,
    transports: [webSockets()],
    connectionEncrypters: [admittedNoise(key, session, room, secret)],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    services: {
      identify: identify(),
      pubsub: gossipsub({
        globalSignaturePolicy: 'StrictNoSign',
        allowPublishToZeroTopicPeers: true,
        msgIdFn: ({ data }) => data.slice(0, 1 + (data[0] ?? 0) + 8 + 16),
      }),
    },
  })
  // Its lanes: it answers the heartbeat, and leaves everything else alone.
  await node.handle('/tabmesh/messages/1', async (stream, connection) => {
    const lines = lpStream(stream)
    const answers = lpStream(await connection.newStream('/tabmesh/messages/1'))
    for (;;) {
      const frame = decodeFrame(self, (await lines.read()).subarray())
      if (frame.header.kind !== 'request' || frame.header.topic !== 'heartbeat') continue
      const { id } = frame.header as unknown as { id: string }
      await answers.write(encodeFrame({ kind: 'reply', id, timestamp: Date.now(), body: 'json' }, text('null')))
    }
  })
  await node.handle('/tabmesh/bulk/1', () => {})
  const { pubsub } = node.services
  pubsub.subscribe(topic)
  pubsub.addEventListener('message', ({ detail }) => heard.push(...decodeBatch(detail.data)))
  let number = Date.now() * 1_000
  return {
    node,
    self,
    heard,
    async broadcast(applicationTopic: string, body: Uint8Array): Promise<void> {
      const id = randomBytes(8).toString('hex')
      const header = { kind: 'broadcast', id, topic: applicationTopic, timestamp: Date.now(), body: 'bytes' }
      await pubsub.publish(topic, await encodeBatch(key, self, ++number, [encodeFrame(header, body)]))
    },
  }
}

/** Noise XX, then admission as its dialler. */
function admittedNoise(key: PrivateKey, session: string, room: string, secret: string) {
  const self = peerIdFromPrivateKey(key).toString()
  const admissionKey = hkdfSync('sha256', `private\0${secret}`, room, 'tabmesh admission', 32)
  return (components: Parameters<ReturnType<typeof noise>>[0]): ConnectionEncrypter => ({
    protocol: '/tabmesh/noise/1',
    secureInbound: () => Promise.reject(new Error('it only dials')),
    async secureOutbound(connection: MessageStream, options?: SecureConnectionOptions) {
      const secured = await noise()(components).secureOutbound(connection, options)
      const lines = lpStream(secured.connection)
      const say = (message: object) => lines.write(text(JSON.stringify(message)))
      const hear = async () => JSON.parse(new TextDecoder().decode((await lines.read()).subarray()))
      const nonce = randomBytes(16).toString('base64url')
      await say({ version: 1, session, nonce })
      const theirs = await hear()
      const macOf = (role: string) => {
        const parts = [role, self, secured.remotePeer.toString(), session, theirs.session, nonce, theirs.nonce]
        return createHmac('sha256', Buffer.from(admissionKey)).update(parts.join('\0')).digest('base64url')
      }
      if (theirs.mac !== macOf('listener')) throw new Error('the listener does not hold the key')
      await say({ mac: macOf('dialler') })
      if (!(await hear()).ok) throw new Error('not admitted')
      return { ...secured, connection: lines.unwrap() }
    },
  })
}

function encodeFrame(header: object, body: Uint8Array): Uint8Array {
  const head = text(JSON.stringify(header))
  return Uint8Array.of(head.length >> 8, head.length & 255, ...head, ...body)
}

function decodeFrame(from: string, frame: Uint8Array): PlainFrame {
  const end = 2 + (((frame[0] ?? 0) << 8) | (frame[1] ?? 0))
  return { from, header: JSON.parse(new TextDecoder().decode(frame.subarray(2, end))), body: frame.slice(end) }
}

/** id length (u8) | PeerId | number (f64) | signature (64 bytes) | { length (u32) | frame }* */
async function encodeBatch(key: PrivateKey, self: string, number: number, frames: Uint8Array[]): Promise<Uint8Array> {
  const numbered = Buffer.alloc(8)
  numbered.writeDoubleBE(number)
  const head = Buffer.concat([Buffer.of(self.length), Buffer.from(self), numbered])
  const body = Buffer.concat(
    frames.flatMap(frame => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(frame.length)
      return [length, frame]
    }),
  )
  const signature = await key.sign(Buffer.concat([Buffer.from('tabmesh broadcast\0'), head, body]))
  return Buffer.concat([head, signature, body])
}

function decodeBatch(batch: Uint8Array): PlainFrame[] {
  const idEnd = 1 + (batch[0] ?? 0)
  const from = new TextDecoder().decode(batch.subarray(1, idEnd))
  let body = Buffer.from(batch.subarray(idEnd + 8 + 64))
  if (body.length >= 4 && body.readUInt32BE(0) === 0xffffffff) body = inflateRawSync(body.subarray(4))
  const frames: PlainFrame[] = []
  for (let at = 0; at < body.length; ) {
    const length = body.readUInt32BE(at)
    frames.push(decodeFrame(from, body.subarray(at + 4, at + 4 + length)))
    at += 4 + length
  }
  return frames
}

/** `name |` of shared state, and back. */
export function named(name: string, bytes: Uint8Array): Uint8Array {
  return Uint8Array.of(0, name.length, ...text(name), ...bytes)
}

export function unnamed(body: Uint8Array): { name: string; bytes: Uint8Array } {
  const end = 2 + (((body[0] ?? 0) << 8) | (body[1] ?? 0))
  return { name: new TextDecoder().decode(body.subarray(2, end)), bytes: body.slice(end) }
}
