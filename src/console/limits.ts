/** Limits of the console. Those of jobs are in `work/limits.ts`; a copy here would drift. */

export const roomNameCharsMax = 64
export const keyCharsMax = 128
export const tabNameCharsMax = 40
/** Lines the Events panel holds; as many as the engine keeps. */
export const timelineRowsMax = 1_000
/** Entries of the memory listed at a time; search finds the others. */
export const memoryRowsMax = 100
/** Values that lost in conflicts, remembered by the panel, the newest. */
export const conflictsShownMax = 50
/** Seconds of history in a chart, one sample each. */
export const historySamplesMax = 120
/** Links with a line of their own in the round-trip chart. */
export const chartedLinksMax = 12
/** How long a peer that left stays in the graph, grey and fading, ms. */
export const departedShownMs = 4_000
/** Peers named in the legend of a job; the others are summed up. */
export const legendPeersMax = 8
/** Hits rendered at a time; "Show more" adds as many again. */
export const hitsPageSize = 50
/** How long the page lets a pattern search one page of hits for what to mark, ms. */
export const highlightMs = 400
/** Of a result shown as JSON; a larger one is cut, and downloaded whole. */
export const jsonShownCharsMax = 20_000
/** Own links up to which each carries its round trip, and relayed peers up to which their paths are drawn. */
export const labelledLinksMax = 6
/** Changes of the mesh are drawn at most this often, ms: each costs a layout of the whole console. */
export const flushApartMs = 100
/** Lines typed into the command bar that are remembered, and UTF-16 units of one: a longer one is forgotten. */
export const commandsRememberedMax = 100
export const commandRememberedCharsMax = 1_000
/** Answers the command bar shows, the newest. */
export const answersShownMax = 50
/** Names of peers that left, for history. */
export const namesRememberedMax = 500
