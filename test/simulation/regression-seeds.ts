/**
 * A seed that fails joins this list. So far it holds seeds whose storms reach corners that hardly any other reaches: each was
 * the first that noticed a mutant which hides there (docs/simulation.md). They run with the default options.
 */
export const regressionSeeds: readonly (readonly [seed: number, reaches: string])[] = [
  [16, 'a quorum of one half of a joint configuration'],
  [26, 'a restart between two votes of one term'],
  [41, 'a long log of an old term that campaigns'],
  [145, 'a snapshot older than the log it meets'],
  [242, 'a heir whose candidacy nobody heard, ahead of its leader for good'],
  [283, 'a snapshot below a conflicting log'],
  [387, 'a snapshot that is lost'],
]
