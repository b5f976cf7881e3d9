/**
 * Signaling protocol, version 1: JSON text frames over a WebSocket, checked by both ends. Pure.
 *
 * The server learns a room's hash, a 12-bit tag of its name, sessions, and when they come and go. It never learns names, peer ids,
 * secrets or payloads: `hello` and `data` are sealed under the room's key before they get here.
 *
 * What a client may rely on:
 *  1. `join` is atomic: of all who join a room exactly one sees no members, and of any two the later one sees the earlier.
 *  2. `welcome` comes before anything else, and the `joined` of a session comes before any `signal` from it.
 *  3. Messages from one session to another arrive in the order in which they were sent, or not at all.
 *  4. A session that joins again on another socket replaces the old socket, which closes with `replaced`; the others see only `hello`.
 *  5. An `error` is never fatal; what is fatal closes the socket with one of `closeCodes`.
 */
import * as v from 'valibot'
import { type RoomHash, type SessionId, sessionPattern } from '../../base/ids.ts'

export const signalingVersion = 1
export const signalingPath = '/signal'
/** Offer it as the WebSocket subprotocol: then a refusal comes as a close code, which a page can read, not as an HTTP status, which it cannot. */
export const signalingSubprotocol = 'tabmesh-signaling'

/** Longest sealed `hello`, and longest sealed `data` of a knock and of its reply: base64url characters. */
export const helloCharsMax = 4096
/** Longest sealed `data` of a signal: base64url characters. */
const signalCharsMax = 65_536
/** Largest frame a client may send, bytes of UTF-8: one signal and its envelope. */
export const frameBytesMax = signalCharsMax + 1024
/** Most members that a `welcome` lists; no server admits more to a room. */
export const membersMax = 1024
/** Most other rooms of the same tag that one knock reaches. */
export const knockRoomsMax = 8

/** Why the server closed the socket. After `replaced`, `versionUnsupported` and `originRefused` do not reconnect by yourself. */
export const closeCodes = {
  /** The server is shutting down or restarting: reconnect, with jitter. */
  goingAway: 1001,
  /** The server failed: reconnect, with backoff. */
  internal: 1011,
  /** Not JSON text, or too many messages that do not fit the protocol. */
  malformed: 4400,
  /** Pages of this origin may not use this server: the operator can allow it. */
  originRefused: 4403,
  /** Two heartbeats in a row went unanswered. */
  heartbeatTimeout: 4408,
  /** The same session joined again on another socket. */
  replaced: 4409,
  /** The socket stayed outside every room for too long. */
  joinTimeout: 4410,
  /** A frame was larger than `frameBytesMax` (far larger ones close with the standard code 1009). */
  tooLarge: 4413,
  /** More waits to be sent to this socket than the server will hold: it reads too slowly. */
  tooSlow: 4414,
  /** The server does not speak this version: reload the page. */
  versionUnsupported: 4426,
  /** Too many messages, joins or sockets: wait, then reconnect with backoff. */
  rate: 4429,
  /** The room or the server is full. */
  full: 4503,
} as const
export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes]

export type SignalingErrorCode = v.InferOutput<typeof errorCode>
export type LeftReason = v.InferOutput<typeof leftReason>
export type ClientMessage = v.InferOutput<typeof clientMessage>
export type ServerMessage = v.InferOutput<typeof serverMessage>
/** A server-made name of one knock; whoever answers gives it back. */
export type KnockId = string & { readonly KnockId: unique symbol }

const branded = <Id extends string>(pattern: RegExp) =>
  v.pipe(
    v.string(),
    v.regex(pattern),
    v.transform(text => text as Id),
  )
const sealed = (charsMax: number) => v.pipe(v.string(), v.maxLength(charsMax), v.regex(/^[A-Za-z0-9_-]+$/))

const room = branded<RoomHash>(/^[0-9a-f]{64}$/)
export const sessionId = branded<SessionId>(sessionPattern)
const session = sessionId
const knock = branded<KnockId>(/^[A-Za-z0-9_-]{8,64}$/)
const tag = v.pipe(v.string(), v.regex(/^[0-9a-f]{3}$/))
export const sealedHello = sealed(helloCharsMax)
export const sealedSignal = sealed(signalCharsMax)
const hello = sealedHello
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const member = v.strictObject({ session, hello })
const leftReason = v.picklist(['left', 'closed', 'timeout'])
const errorCode = v.picklist([
  'malformed', // the message does not fit the protocol; it was ignored
  'too-large', // `hello` or `data` is over its limit; it was ignored
  'rate', // too many messages; this one was ignored
  'not-joined', // say `join` first
  'already-joined', // say `leave` first
  'unknown-session', // nobody of that session is in the room (any more)
])

const clientMessage = v.variant('kind', [
  v.strictObject({ kind: v.literal('join'), version: v.literal(signalingVersion), room, tag, session, hello }),
  v.strictObject({ kind: v.literal('signal'), to: session, data: sealedSignal }),
  v.strictObject({ kind: v.literal('hello'), hello }),
  v.strictObject({ kind: v.literal('knock'), data: sealed(helloCharsMax) }),
  v.strictObject({ kind: v.literal('knock-reply'), knock, data: sealed(helloCharsMax) }),
  v.strictObject({ kind: v.literal('leave') }),
  v.strictObject({ kind: v.literal('ping') }),
])

const serverMessage = v.variant('kind', [
  v.strictObject({
    kind: v.literal('welcome'),
    /** The others, longest here first. */
    members: v.pipe(v.array(member), v.maxLength(membersMax)),
    /** How many other non-empty rooms have this tag: perhaps the same name under another key. */
    sameTag: count,
  }),
  v.strictObject({ kind: v.literal('joined'), member }),
  v.strictObject({ kind: v.literal('hello'), session, hello }),
  v.strictObject({ kind: v.literal('left'), session, reason: leftReason }),
  v.strictObject({ kind: v.literal('signal'), from: session, data: sealedSignal }),
  v.strictObject({ kind: v.literal('knock'), knock, data: sealed(helloCharsMax) }),
  v.strictObject({ kind: v.literal('knock-reply'), data: sealed(helloCharsMax) }),
  v.strictObject({ kind: v.literal('pong') }),
  v.strictObject({ kind: v.literal('error'), code: errorCode, message: v.pipe(v.string(), v.maxLength(256)) }),
])

/** What a text frame turned out to be, or why it is nothing. `version` is that of a `join` from another generation of tabs. */
export type Parsed<Message> =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'not-json' }
  | { readonly kind: 'malformed' | 'too-large' | 'version-unsupported'; readonly message: string }

/** Checks a frame from a client. Never throws. */
export function parseClientFrame(frame: string): Parsed<ClientMessage> {
  return parseFrame(clientMessage, frame)
}

/** Checks a frame from the server, which may be broken or hostile too. Never throws. */
export function parseServerFrame(frame: string): Parsed<ServerMessage> {
  return parseFrame(serverMessage, frame)
}

const joinOfAnyVersion = v.object({ kind: v.literal('join'), version: v.number() })

function parseFrame<Message>(schema: v.GenericSchema<unknown, Message>, frame: string): Parsed<Message> {
  let value: unknown
  try {
    value = JSON.parse(frame)
  } catch {
    return { kind: 'not-json' }
  }
  const parsed = v.safeParse(schema, value, { abortEarly: true, abortPipeEarly: true })
  if (parsed.success) return { kind: 'message', message: parsed.output }
  // A later version may have reshaped everything else, so its `version` is looked at on its own.
  if (v.is(joinOfAnyVersion, value) && value.version !== signalingVersion)
    return { kind: 'version-unsupported', message: `this server speaks version ${signalingVersion}` }
  const [issue] = parsed.issues
  // A field of theirs that we do not know is not repeated back: only names of our own fields are.
  if (issue.type === 'strict_object') return { kind: 'malformed', message: 'a field is missing or not expected' }
  const field = v.getDotPath(issue) ?? 'the message'
  if (issue.type === 'max_length') return { kind: 'too-large', message: `${field} is over its limit` }
  return { kind: 'malformed', message: `${field} is not valid` }
}
