/** Limits of the Decisions panel. Those of the register itself are the engine's. */

/** Keys shown at a time; "Show more" adds as many again. */
export const registerRowsMax = 100
/** From so many keys on they can be narrowed down. */
export const filterFromKeys = 8
/** Keys held by the page, marks of deleted ones included: twice what fits the register. */
export const registerKeysMax = 20_000
/** Changes shown under the register, newest first. */
export const watchedRowsMax = 20
/** Lines of the log shown, newest first; the engine sends 60. */
export const logRowsMax = 60
/** Elections listed at first; the others on request. */
export const electionRowsMax = 4
/** How long "Freeze" freezes, ms: long enough to see an election, short enough to see the return. */
export const freezeMs = 10_000
/** Characters of a value shown in a row; the whole is in its editor. */
export const valueShownCharsMax = 120
