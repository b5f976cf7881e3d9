/** Limits of rumours. Each is named with its unit. */

/** Rumours known, and rumours awaited, at one peer. */
export const rumoursMax = 1_024
/** Rumours that are over, remembered so that they do not come back. */
export const overMax = 4_096
/** Ids in one offer. */
export const offeredIdsMax = 1_024
/** A rumour is no news once others offered it this often. */
export const quenchedAfter = 4
/** How often within one interval a peer is asked for what does not come. */
export const triesMax = 4
/** One rumour, with its origin's signature, and the payload of it. */
export const rumourBytesMax = 16 * 1024
export const rumourPayloadBytesMax = 8 * 1024
/** How long one may live, ms. */
export const rumourTtlMsMax = 3_600_000
/** Rumours in one message, so that it stays below a message's limit; what is left out is asked for again. */
export const givenRumoursMax = 32
