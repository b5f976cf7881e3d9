/** Limits of one link. Each is named with its unit. */

/** Largest frame; Chromium's ceiling is 262,144, and 64 KiB is what every stack carries. */
export const frameBytesMax = 64 * 1024
/** Above this much unsent data the sender must wait for `onDrain`, which comes at the lower mark. */
export const bufferedBytesHigh = 1024 * 1024
export const bufferedBytesLow = 256 * 1024
/** Bridged frames that the page may hold before it grants the engine more credit. */
export const bridgeCreditBytes = 1024 * 1024
/** A dial that has not opened its pipe by then has failed. */
export const dialTimeoutMs = 15_000
/** A pipe over a BroadcastChannel credits what it handled in steps of this size. */
export const creditStepBytes = 64 * 1024
/** Frames kept for a pipe whose handlers are not set yet. */
export const earlyFramesMax = 64
/** Unanswered dials at once (Chromium allows 500 connections a page and counts closed ones for a while). */
export const dialsInFlightMax = 16
/** Connections being answered at once, so that nobody can make this page open hundreds of them by offers. */
export const answersInFlightMax = 32
/** Ids of ended attempts remembered, so that an old offer that is sent again starts nothing. */
export const endedAttemptsMax = 1_024
/** Signals of all peers waiting to be opened, or to be sealed, and of one peer while its old link is let go. */
export const signalQueueMax = 256
/** Tabs of the same browser known in one room; a browser has no more slots for identities. */
export const siblingsMax = 256
/** A tab of the same browser that has not answered a dial by then listens to none. */
export const siblingDialMs = 2_000
/** How long a newcomer waits for tabs of its own browser before it takes itself for the only one. */
export const siblingAnswerMs = 150
/** Dials remembered for people to look at, of one peer and of all; the oldest is forgotten beyond it. */
export const dialRecordsPerPeerMax = 8
export const dialRecordsMax = 256
/** ICE restarts in a row that did not mend a path, after which only a new connection can. */
export const restartsMax = 8
