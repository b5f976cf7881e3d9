/** What the voters that are not there can be shown at; `?decisions=` chooses. */
export const decisionScenes = [
  'ready',
  'electing',
  'no-quorum',
  'conflict',
  'successor',
  'storage-lost',
  'joining',
  'starting',
  'follower',
  'away',
  'busy',
  'none',
] as const
export type DecisionScene = (typeof decisionScenes)[number]
