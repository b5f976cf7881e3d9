/** Branded ids: a string that cannot be mistaken for another kind of id. They cost nothing at run time. */

declare const brand: unique symbol
type Brand<Name extends string> = string & { readonly [brand]: Name }

/** A libp2p PeerId (Ed25519) in its base58 text form; proved by Noise, never taken from a payload. */
export type PeerId = Brand<'PeerId'>
/** One load of a tab or process: `<start time, ms, base 36>-<random>`, so that of two sessions the later is known. */
export type SessionId = Brand<'SessionId'>
export const sessionPattern = /^[a-z0-9-]{8,64}$/
/** HKDF(secret, room name), hex: all that the signaling server ever learns of a room. */
export type RoomHash = Brand<'RoomHash'>
export type JobId = Brand<'JobId'>
/** SHA-256 of the content, hex. */
export type BlockHash = Brand<'BlockHash'>
