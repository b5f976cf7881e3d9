/** How the mesh is, in a word and a shape; colour only repeats it. */
import type { MeshSnapshot } from '../../engine/snapshot.ts'
import { duration, plural } from '../format.ts'
import type { IconName } from '../look/icons.ts'
import { problemWords } from '../states/problem-words.ts'

export interface Health {
  readonly word: string
  /** A sentence more, for whoever points at it. */
  readonly detail: string
  readonly tone: 'healthy' | 'suspect' | 'failed' | 'quiet'
  readonly shape: IconName
}

export function healthOf(
  phase: MeshSnapshot['phase'],
  problem: { readonly code: string } | undefined,
  partition?: MeshSnapshot['partition'],
  nowMs?: number,
): Health {
  const said = (word: string, tone: Health['tone'], shape: IconName, detail = word): Health => ({
    word,
    detail,
    tone,
    shape,
  })
  if (phase === 'failed') return said(problem ? problemWords(problem.code).word : 'Problem', 'failed', 'cross')
  if (phase === 'left') return said('Left', 'quiet', 'ring')
  // Whoever sees the smaller part of a room should know before anything else: what needs a majority cannot be done here.
  if (partition?.side === 'minority')
    return said('Partitioned: read-only', 'suspect', 'split', partitionWords(partition, nowMs))
  if (problem) return said(problemWords(problem.code).word, 'suspect', 'alert')
  if (phase === 'joining') return said('Connecting', 'quiet', 'ring')
  if (partition?.side === 'majority') return said('Partitioned', 'suspect', 'split', partitionWords(partition, nowMs))
  if (phase === 'alone') return said('Alone', 'quiet', 'ring')
  return said('Healthy', 'healthy', 'check')
}

function partitionWords(
  { side, reachable, known, sinceMs }: NonNullable<MeshSnapshot['partition']>,
  nowMs: number | undefined,
): string {
  const how = `Only ${reachable} of ${plural(known, 'known peer')} can be reached`
  const since = sinceMs !== undefined && nowMs !== undefined ? `, for ${duration(Math.max(0, nowMs - sinceMs))}` : ''
  const then =
    side === 'minority'
      ? 'What needs a majority waits; messages and jobs go on.'
      : 'This side has the majority and goes on; the others are read-only.'
  return `${how}${since}. ${then}`
}
