/** Limits of the trees over which broadcasts travel. Each is named with its unit. */

/** Origins whose trees one peer knows, and for which one neighbour may choke it; the one heard least lately is given up first. */
export const originsMax = 1_024
/** Origins that one word names. */
export const originsPerWordMax = 256
/** Chokes and unchokes gather for so long, so that they leave as one word, ms. */
export const wordDelayMs = 5
/** Batches that were kept from a neighbour are offered to it by their ids this often, once they are as old, ms. */
export const offerIntervalMs = 500
/** Batches that wait to be offered to one neighbour; beyond it the oldest are not. */
export const offeredBatchesMax = 2_000
/** Batches that come to a neighbour from their origin past all links, remembered in case it asks; beyond it the oldest are forgotten. */
export const silentBatchesMax = 256
