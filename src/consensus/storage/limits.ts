/** Limits of the members' stores. Each is named with its unit. */

/** Version of what is stored; another one is not read (the member comes back under a new id). */
export const storeSchemaVersion = 1
/** Members that one browser profile or folder keeps for one room; the index lists no more. */
export const storedMembersMax = 64
/** Bytes of a log file after which it is written anew, beyond what is live in it (files only). */
export const logFileSlackBytes = 4 * 1024 * 1024
/** Bytes of a member's journal, beyond which its batches go to the database in one record (browsers only). */
export const journalBytesMax = 256 * 1024
/** A disk that makes the engine wait longer for a flush is written through the database for a while, ms. */
export const journalFlushMsMax = 8
/** For how long, ms. */
export const journalRestMs = 10_000
/** The file of a tab that has just ended is free a moment after its lock: it is asked for so long, ms. */
export const journalBusyMs = 300
