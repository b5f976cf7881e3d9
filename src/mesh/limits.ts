/** Limits of the mesh layer. Each is named with its unit. */

/** Oldest and newest wire protocol this build speaks; a peer outside is told to reload. */
export const protocolVersion = 1

// messages
/** One payload, whole. */
export const messageBytesMax = 1024 * 1024
/** Header of one frame (topic, ids, relay signature). */
export const headerBytesMax = 2048
/** The type of a message, which is what subscribers and handlers are registered for. */
export const topicCharsMax = 128
/** Outgoing bytes that may wait for one lane of one link before senders are refused. */
export const laneQueueBytesMax = 16 * 1024 * 1024
/** Calls that wait for an answer, all peers together. */
export const callsInFlightMax = 10_000
/** How long a call waits for its answer where its caller does not say, and at most. */
export const callTimeoutMsDefault = 10_000
export const callTimeoutMsMax = 10 * 60_000
/** How often a call is sent again where its caller does not say, and at most. */
export const callRetriesDefault = 2
export const callRetriesMax = 10
/** Requests of others being answered at once, all peers together; beyond it they are refused as `overloaded`. */
export const handlersRunningMax = 10_000
/** Ids of handled messages remembered, so that a retry is handled once. */
export const handledIdsMax = 20_000
/** Answers kept for retries whose first answer was lost, bytes in all. */
export const answersKeptBytesMax = 8 * 1024 * 1024
/** Links a relayed message may cross. */
export const relayHopsMax = 8

/** Frames of one neighbour that are handled before the others' turn comes again. */
export const framesPerTurn = 256
/** The same for batches of broadcasts: each costs a signature's check, and holds many frames. */
export const batchesPerTurn = 32
/** What waits of one neighbour, in frames and in bytes; more is dropped, and counted as `dropped.flood`. */
export const inboxFramesMax = 20_000
export const inboxBytesMax = 32 * 1024 * 1024
// signals
/** Signals of one attempt to link, each way: a description, some candidates, and the same again at each ICE restart. */
export const signalsPerAttemptMax = 1_024
/** Attempts whose signals are kept in order; the oldest is forgotten beyond it. */
export const attemptsOrderedMax = 1_024

// broadcast
/** A batch leaves when it holds this much, or at its deadline, or at once when nothing is under way. */
export const batchBytes = 16 * 1024
export const batchDeadlineMs = 4
/** Broadcasts of normal, critical and low priority that wait to leave; beyond it `broadcast` itself waits. */
export const broadcastQueueBytesMax = 4 * 1024 * 1024
export const criticalQueueBytesMax = 256 * 1024
export const lowQueueBytesMax = 1024 * 1024
/** Calls of `broadcast` that wait for a place, of each priority; more are refused as `overloaded`. */
export const broadcastsWaitingMax = 10_000
/** Topics whose broadcasts are counted by themselves; all others are counted together. */
export const topicsCountedMax = 64
/** Batches remembered to tell which topics their copies are of. */
export const batchesCountedMax = 512
/** Bytes of gossip that may wait for one neighbour that does not read; beyond it its stream is given up, and its link made anew. */
export const gossipQueueBytesMax = 32 * 1024 * 1024
/** Largest broadcast payload. Larger things travel by request. */
export const broadcastBytesMax = 64 * 1024

// membership
/** Members of one room; more are not listed. */
export const membersMax = 1024
/** Capabilities that one peer announces. */
export const capabilitiesMax = 64
/** A name, a device, a browser. */
export const nameCharsMax = 64
/** Name, capabilities and load of one peer, as they are signed: with the rest they must fit a sealed hello of 4,096 characters. */
export const announcedBytesMax = 2_400
/** A change is announced at most this often. */
export const announceIntervalMs = 200
/** Two neighbours compare digests of their lists this often: what one of them missed is found out and told. */
export const digestIntervalMs = 10_000
/** Announcements in one word to a neighbour; more go in the next, so that each fits a message. */
export const announcementsPerWordMax = 32
/** Sessions that ended, remembered so that late words of them raise nobody. */
export const departedMax = 4_096

/** Members of a room where its creator does not say; a newcomer beyond a quarter more is refused as `room-full`. */
export const maxAgentsDefault = 100
export const agentsHeadroom = 1.25

// overlay
/** Chords fill up to this many links, and a peer with no more of them is not let go; gossipsub keeps as many in its mesh. */
export const linksLow = 3
/** Above it a chord is let go toward whoever also has more; gossipsub's D. */
export const linksTarget = 4
/** Above it one chord at a time is let go toward any peer that can spare it; in a room that is no larger, everybody links to everybody. */
export const linksHigh = 5
/** Links of one peer, those being made included. */
export const linksMax = 8
/** Failed dials of one peer back off from this, doubling, to this. */
export const dialBackoffMinMs = 500
export const dialBackoffMaxMs = 30_000

// admission
/** From the end of Noise to the end of admission. */
export const admissionTimeoutMs = 5_000

// faults
/** Faults in force at one peer, whoever asked for them. */
export const faultsMax = 64
/** The longest delay, and how far it may vary, ms each. */
export const faultDelayMsMax = 60_000
/** The longest time a fault may be given to end by itself. */
export const faultForMsMax = 24 * 60 * 60_000
/** Bytes held back on one link in one direction; beyond it the link is closed. */
export const heldBytesMax = 16 * 1024 * 1024
/** Messages held back to be overtaken, all links together; beyond it they go at once. */
export const heldMessagesMax = 10_000
/** How long a message is held back to be overtaken, at most. */
export const reorderHoldMsMax = 50
/** Groups of one partition. */
export const partitionGroupsMax = 16
/** Authors whose orders a heal says it has heard of, and faults healed by their ids that are remembered: the latest of each. */
export const ordersSeenMax = 64

// registry
/** Agents registered at one peer, itself not counted. */
export const agentsMax = 64
/** What a peer signs of its agents, as JSON. */
export const agentsBytesMax = 12 * 1024
/** Records in one answer to a neighbour that compares its registry with ours; more are asked for again. */
export const agentRecordsPerAnswerMax = 32
/** How often a registry is compared with that of one neighbour, so that a lost word heals. */
export const agentsSyncIntervalMs = 30_000

// figures
/** Figures are of so much of the time before now. */
export const figuresWindowMs = 10_000
/** Acknowledged messages whose time is remembered. */
export const deliverySamplesMax = 1_000
/** How long `pingAll` waits for each peer where its caller does not say. */
export const pingAllTimeoutMs = 5_000
/** Why a network is shut down, in words. */
export const shutdownReasonCharsMax = 200
