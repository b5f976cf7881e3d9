/** Limits of jobs and tasks. Each is named with its unit; docs/jobs.md tells people of those that they can meet. */

const KiB = 1024
const MiB = 1024 * KiB

// inputs
/** All inputs of one job together. */
export const inputBytesMax = 200 * MiB
export const inputsMax = 10_000
export const inputNameCharsMax = 255
/** Inputs are cut into about `blocksWanted` blocks, within these bounds; shards put small blocks together likewise. */
export const blocksWanted = 96
export const blockBytesMin = 32 * KiB
export const blockBytesTarget = 256 * KiB
/** Where one line is longer it is cut at white space before this many. One block fits one message of the mesh. */
export const blockBytesMax = 1 * MiB
export const blocksMax = 10_000

// jobs
export const jobsKept = 50
export const titleCharsMax = 200
export const sourceBytesMax = 64 * KiB
export const optionsBytesMax = 16 * KiB
/** Of an error's message, as far as other peers see it. */
export const errorCharsMax = 1_000
export const specBytesMax = 4 * MiB
/** What one map call may return, as JSON. */
export const partialBytesMax = 8 * MiB
/** Map results of a typed function that wait for its one reduce call, all shards together. */
export const partialsBytesMax = 64 * MiB
export const resultBytesMax = 16 * MiB
/** A result up to this size travels inside the status; a larger one is fetched in parts. (A broadcast holds 64 KiB in all.) */
export const resultInlineBytesMax = 24 * KiB
/** A result up to this size is shown in the job's view. */
export const resultShownBytesMax = 64 * KiB
export const shardTimeoutMsDefault = 30_000
export const shardTimeoutMsMax = 5 * 60_000
/** What is larger than one message travels in parts of this size. */
export const partBytes = 512 * KiB

// assignment
/** Shards that a peer holds beyond those it computes, so that it never idles for a round trip. */
export const prefetchShards = 1
/** Different peers at which a shard may fail before its job fails. */
export const failuresPerShardMax = 3
/** How often a shard may be lost with its peer before its job fails. */
export const lossesPerShardMax = 20
/** A peer that said it is busy is left alone for this long. */
export const busyBackoffMs = 300
/** When nothing is left to hand out, a shard that has run for this long is also given to an idle peer (MapReduce, section 3.6). */
export const backupAfterMs = 3_000
/** Beyond the time limits of the shard and the one before it: fetching blocks and the way back. */
export const runGraceMs = 30_000
/** Shards a peer accepts from all coordinators together, beyond its slots. */
export const acceptedShardsMax = 8
/** Finished shards that a peer keeps until their job is done. */
export const keptPartialBytesMax = 64 * MiB

// status and repair
export const statusIntervalMs = 200
export const tickMs = 100
/** The lowest of the peers left takes over at once; each next one waits this much longer. */
export const claimStepMs = 1_500
/** A peer that has never seen a job's coordinator waits this long for it to appear before it may take over. */
export const unseenCoordinatorMs = 6_000
/** Somebody who still works at a finished job is told so, at most this often. */
export const correctIntervalMs = 1_000
export const collectTimeoutMs = 1_500
export const syncIntervalMs = 4_000
/** So many rounds after a job ended, and from then on only every so many rounds, peers compare what they know. */
export const syncRoundsAtRest = 8
/** Peers asked for their jobs when this one arrives. */
export const syncsAtJoin = 3
/** A peer named in a status; of more, those with the least done are left out. */
export const peersInStatusMax = 64

// blocks
export const storeBytesMax = 1024 * MiB
export const memoryStoreBytesMax = 256 * MiB
/** A block that no tab released (its tabs crashed) is swept after this. */
export const blockAgeMsMax = 24 * 60 * 60_000
export const blockFetchTimeoutMs = 15_000
/** Holders tried for one block. */
export const holdersTriedMax = 5
/** Blocks that one request asks a peer to keep. */
export const keepBlocksMax = 8
export const keepTimeoutMs = 60_000
/** How long until unsafe blocks are offered again: this, doubling with each round that left some unsafe, to that. */
export const copyRetryMinMs = 250
export const copyRetryMaxMs = 4_000

// tasks
export const loadIntervalMs = 250
/** Other peers to which a task goes when its peer departs. */
export const taskRetriesMax = 5
export const tasksRunningMax = 64
export const taskTimeoutMsDefault = 30_000
