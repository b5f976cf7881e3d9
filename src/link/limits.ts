/** Limits of one link. Each is named with its unit. */

/** Largest frame; Chromium's ceiling is 262,144, and 64 KiB is what every stack carries. */
export const frameBytesMax = 64 * 1024
/** Above this much unsent data the sender must wait for `onDrain`. */
export const bufferedBytesHigh = 1024 * 1024
export const bufferedBytesLow = 256 * 1024
/** Bridged frames that the page may hold before it grants the engine more credit. */
export const bridgeCreditBytes = 1024 * 1024
/** A dial that has not opened its pipe by then has failed. */
export const dialTimeoutMs = 15_000
/** Frames kept for a pipe whose handlers are not set yet. */
export const earlyFramesMax = 64
/** Unanswered dials at once (Chromium allows 500 connections a page and counts closed ones for a while). */
export const dialsInFlightMax = 16
/** Signals of one peer waiting to be opened or sealed. */
export const signalQueueMax = 256
