/** Limits of broadcasts among the tabs of one browser. Each is named with its unit. */

/** Tabs of this browser without a pipe are dialled again this often, ms. */
export const redialMs = 5_000
/** With a pipe for so long, ms, twice the time between two dials, a tab has one to every other as well. */
export const settledMs = 2 * redialMs
/** Batches kept while the part of the engine that takes them is being loaded; a pipe that brings more ends. */
export const earlyBatchesMax = 256
/** A pipe over which nothing was taken in for so long while it is full ends, ms. */
export const drainWaitMs = 1_000
/** A tab whose pipe closed, and which is a member after so long, is still here: what it says comes by links, ms. */
export const lostAfterMs = 500
/** Batches of all tabs together that are heard at once in each such time, ms; more take their turn with those of links. */
export const batchesPerShare = 64
export const shareMs = 50
/** What all tabs of this browser hear at once is passed on over links so much later, ms, where these lead to such tabs only. */
export const passOnMs = 25
