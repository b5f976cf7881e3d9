/** Limits of the members' stores. Each is named with its unit. */

/** Version of what is stored; another one is not read (the member comes back under a new id). */
export const storeSchemaVersion = 1
/** Members that one browser profile or folder keeps for one room; the index lists no more. */
export const storedMembersMax = 64
/** Bytes of a log file after which it is written anew, beyond what is live in it (files only). */
export const logFileSlackBytes = 4 * 1024 * 1024
