/** Every bound of the signaling server, with its unit. An operator may change each; tests shrink them. */
import { helloCharsMax, membersMax } from '../src/link/signaling/protocol.ts'

export interface SignalingLimits {
  /** Members of one room. */
  readonly membersPerRoom: number
  /** Rooms with at least one member. */
  readonly rooms: number
  /** Open sockets in all. */
  readonly sockets: number
  /** Open sockets from one address (IPv4) or one /64 network (IPv6). A class behind one router shares an address. */
  readonly socketsPerAddress: number
  /** Addresses remembered at once. */
  readonly addresses: number
  /** Sockets opened and joins made by one address: at once, and per second after that. */
  readonly arrivalsBurst: number
  readonly arrivalsPerSecond: number
  /** Messages from one socket: at once, and per second after that. Joining a room of 100 and dialling 8 costs about 100. */
  readonly messagesBurst: number
  readonly messagesPerSecond: number
  /** Bytes from one socket: at once, and per second after that. */
  readonly bytesBurst: number
  readonly bytesPerSecond: number
  /** Messages refused (malformed, or over the rate) before the socket is closed: at once, and per second after that. */
  readonly refusalsBurst: number
  readonly refusalsPerSecond: number
  /** Messages of one socket that may wait for the store; past it we stop reading from that socket. */
  readonly waitingMessages: number
  /** Deliveries that may wait for the `welcome` of a join under way. */
  readonly heldDeliveries: number
  /** Bytes that may wait to be sent to one socket; raised where the `welcome` of a full room would not fit. */
  readonly bufferedBytes: number
  /** Knocks of one socket that may still be answered, and for how long, ms. */
  readonly openKnocks: number
  readonly knockMs: number
  /** Time between heartbeats, ms, and how many may go unanswered in a row. */
  readonly heartbeatMs: number
  readonly missedHeartbeats: number
  /** How long a socket may stay outside every room, ms. */
  readonly joinMs: number
  /** How long a closing socket may take to say goodbye, ms; the whole shutdown takes no longer. */
  readonly closeMs: number
}

export const defaultLimits: SignalingLimits = {
  membersPerRoom: 128,
  rooms: 10_000,
  sockets: 10_000,
  socketsPerAddress: 512,
  addresses: 20_000,
  arrivalsBurst: 1024,
  arrivalsPerSecond: 50,
  messagesBurst: 1000,
  messagesPerSecond: 200,
  bytesBurst: 4 * 1024 * 1024,
  bytesPerSecond: 512 * 1024,
  refusalsBurst: 50,
  refusalsPerSecond: 1,
  waitingMessages: 64,
  heldDeliveries: 1024,
  bufferedBytes: 2 * 1024 * 1024,
  openKnocks: 4,
  knockMs: 30_000,
  heartbeatMs: 5000,
  missedHeartbeats: 2,
  joinMs: 15_000,
  closeMs: 1000,
}

/** The defaults with changes; throws a RangeError that names the limit which cannot be. */
export function withDefaults(changes: Partial<SignalingLimits> = {}): SignalingLimits {
  const limits = { ...defaultLimits, ...changes }
  for (const [name, value] of Object.entries(limits))
    if (!Number.isFinite(value) || value <= 0) throw new RangeError(`The limit ${name} must be above 0, not ${value}.`)
  if (limits.membersPerRoom > membersMax)
    throw new RangeError(`The limit membersPerRoom is at most ${membersMax}: clients refuse a longer welcome.`)
  // The welcome of a full room: each member's hello, session and punctuation.
  const welcomeBytes = limits.membersPerRoom * (helloCharsMax + 128)
  return { ...limits, bufferedBytes: Math.max(limits.bufferedBytes, welcomeBytes) }
}
