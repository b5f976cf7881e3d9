/** Limits of what the room keeps of itself. Each is named with its unit. */

// agents
/** Agents that are kept, those that are away included, and their bytes as JSON: a small part of the register, which applications need. */
export const agentsKeptMax = 512
export const agentsKeptBytesMax = 96 * 1024
/** One agent as JSON; capabilities that do not fit are left out of what is kept. */
export const agentKeptBytesMax = 2 * 1024
/** So long an agent is kept after its peer was last seen, ms. */
export const awayMsMax = 24 * 60 * 60_000
/** An agent that its own peer, being here, names no more is forgotten after this, ms: a peer may come before word of its agents. */
export const unnamedMs = 15_000

// topology
/** Peers in a topology that is kept, and its bytes as JSON; of more, those last by id are left out. */
export const topologyPeersMax = 256
export const topologyBytesMax = 32 * 1024
/** It is kept at most this often, ms: links come and go. */
export const topologyIntervalMs = 30_000

// writes
/** How often the leader's host looks where nothing happened, and where something did, ms. */
export const restIntervalMs = 10_000
export const lookIntervalMs = 1_000
/** One entry of the log at most in so long, ms. */
export const keepIntervalMs = 3_000
/** After writes of which nothing came, each waits twice as long as the one before, up to this, ms. */
export const keepPauseMsMax = 10 * 60_000
/** Changes in one entry, and their bytes as JSON. */
export const changesPerWriteMax = 64
export const changeBytesPerWriteMax = 128 * 1024
/** Until a write is given up, ms; the next look tries again. */
export const keepTimeoutMs = 3_000

// readers
/** Agents that are away, as a tab's snapshot shows them; all are told when they are asked for. */
export const awayShownMax = 64
/** The leader's host says this often which version of all this is the newest, ms, for those who have no copy. */
export const hintIntervalMs = 60_000
/** Who has no copy reads at most this often, ms. */
export const readIntervalMs = 5_000
/** How often a change of the room's settings is tried again where others change them meanwhile. */
export const settingsTriesMax = 8
