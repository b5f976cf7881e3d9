/** Limits of shared state. Each is named with its unit; docs/shared-state.md tells people of those that they can meet. */

const KiB = 1024
const MiB = 1024 * KiB

// documents
/** Documents of one room; names beyond it are not taken from others. */
export const documentsMax = 64
/** A document's name. */
export const documentNameCharsMax = 128
/** One document, as an update that holds all of it. What would make it larger is refused. */
export const documentBytesMax = 64 * MiB
/** Parts of updates that came before what they build on; beyond it they are dropped, and asked for again. */
export const pendingBytesMax = 8 * MiB

// updates on their way
/** A larger update is not broadcast: the others are told of it, and ask for it. A broadcast holds 64 KiB, of which a name needs some. */
export const updateBroadcastBytesMax = 60 * KiB
/** Updates of one document that follow within this time travel as one, ms. */
export const updatePaceMs = 8
/** One piece of a transfer; a message holds 1 MiB, and smaller pieces let others through. */
export const chunkBytes = 128 * KiB
export const chunksInFlight = 4
/** Answers too long for one message, kept for those who fetch them, and for how long after the last piece was fetched, ms. */
export const transfersMax = 16
export const transferBytesMax = 256 * MiB
export const transferKeptMs = 20_000
/** Until one piece has come, ms; how often it is asked for again meanwhile, and how many such times a piece is given. */
export const chunkTimeoutMs = 15_000
export const chunkRetries = 4
export const chunkTries = 3

// synchronisation
/** A document at rest for this long is compared with the others', ms. */
export const settleMs = 300
/** Questions about one document under way at once: one for each of so many different states of it. */
export const pullsInFlight = 2
/** One of which nothing was heard for this long counts no more, ms; but so many in all, at most. */
export const pullPatienceMs = 1_500
export const pullsMax = 4
/** A failed question is asked again after this long, ms. */
export const pullRetryMs = 1_000
/** Rounds of anti-entropy that follow each other quickly once a silent peer is heard again: three reach nearly all of a room of 64. */
export const quickRounds = 3
/** Between two of them, ms. */
export const quickRoundMs = 1_000
/** So many silent peers are remembered, the latest, to notice that they are back. */
export const silentPeersMax = 1024
/** Digests of states that a replica contains, remembered so that it does not ask for them. */
export const digestsContainedMax = 256
/** Digests in one message. */
export const digestsMax = documentsMax + 1
/** A digest is broadcast at most this often for each peer in the room, ms: so a peer hears at most 20 a second, however many there are. */
export const tellMsPerPeer = 50

// presence
/** What one client shows of itself, as JSON. */
export const presenceBytesMax = 4 * KiB
/** Clients (editors) of one peer. */
export const presenceClientsMax = 8
/** Peers that are not here and whose presence is remembered, in case they come, or come back. */
export const presenceAbsentMax = 128
/** Changes of presence leave at most this often, ms. */
export const presencePaceMs = 40
/** What is shown is broadcast again this often, ms: who missed it, for broadcasts are not acknowledged, has it then. */
export const presenceRenewMs = 30_000

// memory store
/** A key, and a namespace. */
export const memoryKeyCharsMax = 256
/** Tags of one entry, and one tag. */
export const memoryTagsMax = 16
export const memoryTagCharsMax = 64
/** One value as JSON; with all about it, it fits a broadcast. */
export const memoryValueBytesMax = 48 * KiB
/** Keys of one room, and all its entries as JSON. */
export const memoryKeysMax = 10_000
export const memoryBytesMax = 16 * MiB
/** Sessions that ever wrote, as the causal context remembers them. */
export const memoryReplicasMax = 20_000
/** A clock that is further from those of most others does not count: theirs does, ms. */
export const clockAheadMsMax = 60_000
/** Namespace and key of what is read or stored strongly, as its key in the register (256 characters). */
export const strongKeyCharsMax = 256
/** Until a strong call gives up, ms, if it does not say; and how often it tries again where others change the key meanwhile. */
export const strongTimeoutMsDefault = 10_000
export const strongTriesMax = 16
/** Records of strong keys that expired or were deleted are looked for this often, ms, and forgotten in one round at most. */
export const strongSweepMs = 30_000
export const strongForgottenPerSweepMax = 256
/** They are forgotten so long after their end, ms: no call lasts longer (10 min), nor are clocks that count further apart (1 min). */
export const strongForgetAfterMs = 12 * 60_000
/** Marks of forgotten keys lie in so many values of the register, each of so many at most; of more the oldest go. */
export const strongMarkBooks = 4
export const strongMarksPerBookMax = 600
/** Expired entries are looked for this often, ms. */
export const memorySweepMs = 1_000
/** Results of one search or list. */
export const memoryResultsMax = 1_000

// storage
/** Records of one replica, after which they are made one. */
export const recordsBeforeCompaction = 200
/** After a write that failed the next try comes after this long, ms. */
export const storageRetryMs = 10_000
