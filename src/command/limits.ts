/** Limits of commands. Each is named with its unit. */

/** UTF-16 units of a command line: a value of the register (64 KiB), with room for the rest. */
export const lineCharsMax = 72 * 1024
/** Words of a command line. */
export const lineWordsMax = 200
/** Completions offered at a time. */
export const completionsMax = 12
/** Rows of a list in a person's text; data has them all. */
export const rowsShownMax = 200
/** UTF-16 units of one value in a list. */
export const valueShownCharsMax = 80
/** Elections, and lines of the timeline, shown where nobody says how many. */
export const electionsShown = 5
export const logLinesShown = 20
/** Agents that one command may register. */
export const agentsSpawnedMax = 100
/** Letters in which a mistyped command may differ from the one that is offered instead. */
export const typosMax = 3
