/** Limits of the decisions register and of its members. Each is named with its unit. */

// register
/** UTF-16 units of a key. */
export const keyCharsMax = 256
/** One value, or one proposed command, as JSON text in UTF-8. */
export const valueBytesMax = 64 * 1024
/** Keys in the register. */
export const keysMax = 10_000
/** Keys and values together, each with `cellBytes` for its bookkeeping: a list of all fits one message of the mesh. */
export const registerBytesMax = 640 * 1024
export const cellBytes = 32
/** What stood in the way of a compare-and-set is part of its result up to this size; what is larger is read afterwards. */
export const swapValueBytesMax = 1024
/** Decided commands that are remembered, and their bytes; who wants them all watches. */
export const commandsKept = 100
export const commandsKeptBytesMax = 256 * 1024

// clients
export const decisionTimeoutMsDefault = 10_000
export const decisionTimeoutMsMax = 10 * 60_000
/** Operations that wait at one peer; beyond it they are refused as `overloaded`. */
export const operationsWaitingMax = 10_000
/** Operations of one peer that travel as one entry of the log, and their bytes. */
export const batchOperationsMax = 512
export const batchBytesMax = 256 * 1024
/** Reads of one peer that travel as one request. */
export const batchReadsMax = 512
/** How long one attempt waits for its answer before the next asks again, ms, and the pause after a refusal. */
export const attemptTimeoutMs = 900
export const attemptPauseMsMin = 10
export const attemptPauseMsMax = 200
/** A leader that leaves a question unanswered for so long is doubted, ms: where nobody else hears it either there is an election. */
export const doubtMs = 450
/** Without a leader for this long, an operation is refused with `no-quorum`, ms (within a second). */
export const leaderlessMs = 750
/** What waited too long already still waits so long for an election that has just begun, where a copy here takes part in it, ms. */
export const electionGraceMs = 250
/** Without a leader for this long, voters that seem to be here count as silent, ms: many elections have failed by then. */
export const silentVotersMs = 5_000

/** How long a leader waits for voters beyond the quorum that it verifies, ms. */
export const verifyGraceMs = 300
/** How long an order to the leader may take, ms; a verification also has time for two of its quorum checks. */
export const orderTimeoutMs = 5_000
/** The slowest clocks that may be chosen, ms. */
export const heartbeatMsMax = 10_000
export const electionMsMax = 60_000

// members
/** Voters that Autopilot aims at, where there are enough hosts: the largest that fits. */
export const voterTargets: readonly number[] = [5, 3, 1]
/** Members in all, learners included; peers beyond it decide through others. */
export const membersTarget = 9
/** Beyond three voters a member is promoted only after so much good health, ms (DESIGN, section 6). */
export const healthMs = 10_000
/** A member gone for so long is removed while a quorum lives, ms. */
export const goneMs = 60_000
/** Members more than one at a host are retired after so long, ms: until then a new tab may take one over. */
export const surplusMs = 60_000
/** A new member that a full room has not added is given up after so long, ms. */
export const spareMs = 3_000
/** How often Autopilot looks, ms. */
export const autopilotIntervalMs = 500
/** Members that one peer hosts at most: all of a small room, as a last tab must. */
export const hostedMax = 16
/** Siblings wait so much longer per member they host before they claim an orphan, ms: the one with fewest comes first. */
export const adoptionStepMs = 15
/** Hosts whose announcements are remembered. */
export const hostRecordsMax = 256
/** Who hosts what is told again this often, ms, so that a lost announcement heals. */
export const hostRefreshMs = 30_000
/** Peers asked at once for what they know: one of them may be as new, another slow. */
export const peersAskedAtOnce = 3
/** A peer is asked for what it knows at most this often, ms. */
export const askIntervalMs = 500
/** Peers of whom it is remembered when they were asked. */
export const peersAskedMax = 1_024
/** With others in the room of whom nobody knows a history, so long before the first of them begins one, ms. */
export const genesisWaitMs = 2_500
/** Elections remembered, and lines of the log shown. */
export const electionsKept = 100
export const logLinesShown = 60

// wire
/** UTF-16 units of the reason for which an order is refused. */
export const refusalCharsMax = 500
/** A bundle of Raft messages beyond this travels in parts, on the lane for large things, bytes of JSON. */
export const partBytes = 256 * 1024
/** Parts of one bundle, and bundles that are being put together at once. */
export const partsMax = 64
export const assembliesMax = 8
/** Raft messages in one bundle. */
export const bundleMessagesMax = 256
