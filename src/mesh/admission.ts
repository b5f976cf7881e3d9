/**
 * Admission: Noise proves who the other side is; then, before anything else may speak, each proves that it holds the room's
 * key. It runs as the last step of the connection's encryption, so no protocol can start on a link that was not admitted.
 *
 *   dialler  -> { version, session, nonce }
 *   listener -> { version, session, nonce, mac } or { refuse }
 *   dialler  -> { mac } or { refuse }
 *   listener -> { ok } or { refuse }
 *
 * mac = HMAC(room key, role | both PeerIds | both sessions | both nonces). A role in each keeps a mac from being sent back.
 */
import type { ConnectionEncrypter, MessageStream, SecureConnectionOptions, SecuredConnection } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { lpStream } from '@libp2p/utils'
import * as v from 'valibot'
import { fromBase64Url, toBase64Url } from '../base/bytes.ts'
import { MeshError } from '../base/errors.ts'
import type { PeerId, SessionId } from '../base/ids.ts'
import { admissionTimeoutMs, protocolVersion } from './limits.ts'
import type { Room } from './room.ts'

const code = v.picklist(['admission-refused', 'version-mismatch', 'room-full'])
const text = v.pipe(v.string(), v.maxLength(128))
const wire = v.union([
  v.strictObject({ refuse: code }),
  v.strictObject({ ok: v.literal(true) }),
  v.strictObject({ mac: text }),
  v.strictObject({
    version: v.pipe(v.number(), v.integer()),
    session: text,
    nonce: text,
    mac: v.optional(text),
  }),
])
type Wire = v.InferOutput<typeof wire>
type Opening = Extract<Wire, { version: number }>

export interface AdmissionOptions {
  readonly room: Room
  readonly self: PeerId
  readonly session: SessionId
  /** Told of everyone whom Noise has proved, before admission. */
  readonly onSecured: (peer: PeerId) => void
  /** True where one more member is one too many. */
  readonly isFull?: (peer: PeerId) => boolean
  /** Told of everyone who was let in, before the connection is announced. */
  readonly onAdmitted: (peer: PeerId, session: SessionId) => void
  readonly onRefused: (peer: PeerId, error: MeshError) => void
}

/** What the opening of any version has; the rest of it may be unlike ours. */
const anyVersion = v.object({ version: v.pipe(v.number(), v.integer()) })

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const messageBytesMax = 1024

type NoiseComponents = Parameters<ReturnType<typeof noise>>[0]

/** Noise followed by admission, as the one encrypter that libp2p is given. */
export function admittedNoise(options: AdmissionOptions): (components: NoiseComponents) => ConnectionEncrypter {
  return components => {
    const inner = noise()(components)
    const secure = async (
      role: 'dialler' | 'listener',
      connection: MessageStream,
      upgrade?: SecureConnectionOptions,
    ): Promise<SecuredConnection> => {
      const secured =
        role === 'dialler'
          ? await inner.secureOutbound(connection, upgrade)
          : await inner.secureInbound(connection, upgrade)
      const peer = secured.remotePeer.toString() as PeerId
      options.onSecured(peer)
      try {
        const { session, stream } = await admit(role, secured.connection, peer, options)
        options.onAdmitted(peer, session)
        return { ...secured, connection: stream }
      } catch (error) {
        if (error instanceof MeshError) options.onRefused(peer, error)
        throw error
      }
    }
    return {
      protocol: '/tabmesh/noise/1',
      secureOutbound: (connection, upgrade) => secure('dialler', connection, upgrade),
      secureInbound: (connection, upgrade) => secure('listener', connection, upgrade),
    }
  }
}

async function admit(
  role: 'dialler' | 'listener',
  connection: MessageStream,
  peer: PeerId,
  options: AdmissionOptions,
): Promise<{ session: SessionId; stream: MessageStream }> {
  const lines = lpStream(connection, { maxDataLength: messageBytesMax })
  const signal = AbortSignal.timeout(admissionTimeoutMs)
  const write = (message: Wire) => lines.write(encoder.encode(JSON.stringify(message)), { signal })
  const read = async (): Promise<Wire> => parseWire((await lines.read({ signal })).subarray())
  const refuse = async (refused: v.InferOutput<typeof code>): Promise<never> => {
    await write({ refuse: refused })
    throw refusal(refused)
  }
  const ours: Opening = { version: protocolVersion, session: options.session, nonce: freshNonce() }

  if (role === 'dialler') await write(ours)
  const theirs = await read()
  if ('refuse' in theirs) throw refusal(theirs.refuse)
  if (!('version' in theirs)) throw new MeshError('malformed', 'admission out of turn')
  if (theirs.version !== protocolVersion) return refuse('version-mismatch')

  const [dialler, listener] = role === 'dialler' ? [ours, theirs] : [theirs, ours]
  const [diallerId, listenerId] = role === 'dialler' ? [options.self, peer] : [peer, options.self]
  const macOf = (who: 'dialler' | 'listener') =>
    options.room.mac(
      encoder.encode(
        [who, diallerId, listenerId, dialler.session, listener.session, dialler.nonce, listener.nonce].join('\0'),
      ),
    )

  if (role === 'listener') {
    await write({ ...ours, mac: toBase64Url(await macOf('listener')) })
    const reply = await read()
    if ('refuse' in reply) throw refusal(reply.refuse)
    if (!('mac' in reply) || !isEqual(reply.mac, await macOf('dialler'))) return refuse('admission-refused')
    if (options.isFull?.(peer)) return refuse('room-full')
    await write({ ok: true })
  } else {
    if (!isEqual(theirs.mac, await macOf('listener'))) return refuse('admission-refused')
    await write({ mac: toBase64Url(await macOf('dialler')) })
    const reply = await read()
    if ('refuse' in reply) throw refusal(reply.refuse)
    if (!('ok' in reply)) throw new MeshError('malformed', 'admission out of turn')
  }
  return { session: theirs.session as SessionId, stream: lines.unwrap() }
}

function parseWire(bytes: Uint8Array): Wire {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes))
    if (v.is(anyVersion, value) && value.version !== protocolVersion)
      return { version: value.version, session: '', nonce: '' }
    return v.parse(wire, value)
  } catch {
    throw new MeshError('malformed', 'an admission message that makes no sense')
  }
}

function refusal(refused: v.InferOutput<typeof code>): MeshError {
  if (refused === 'room-full')
    return new MeshError('room-full', 'This room is full: wait until somebody leaves, or open another room.')
  return refused === 'version-mismatch'
    ? new MeshError('version-mismatch', 'This tab and the room speak different versions: reload the older one.')
    : new MeshError('admission-refused', 'The key does not fit this room: check the link you opened.')
}

function freshNonce(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(16)))
}

/** Compares without telling by its timing how much of a guess was right. */
function isEqual(claimed: string | undefined, expected: Uint8Array): boolean {
  const bytes = claimed === undefined ? undefined : fromBase64Url(claimed)
  if (bytes?.length !== expected.length) return false
  let difference = 0
  for (let at = 0; at < expected.length; at++) difference |= (bytes[at] ?? 0) ^ (expected[at] ?? 0)
  return difference === 0
}
