/** How the mesh is, in a word and a shape; colour only repeats it. */
import type { MeshSnapshot } from '../../engine/snapshot.ts'
import type { IconName } from '../look/icons.ts'
import { problemWords } from '../states/problem-words.ts'

export interface Health {
  readonly word: string
  readonly tone: 'healthy' | 'suspect' | 'failed' | 'quiet'
  readonly shape: IconName
}

export function healthOf(phase: MeshSnapshot['phase'], problem: { readonly code: string } | undefined): Health {
  if (phase === 'failed')
    return { word: problem ? problemWords(problem.code).word : 'Problem', tone: 'failed', shape: 'cross' }
  if (phase === 'left') return { word: 'Left', tone: 'quiet', shape: 'ring' }
  if (problem) return { word: problemWords(problem.code).word, tone: 'suspect', shape: 'alert' }
  if (phase === 'joining') return { word: 'Connecting', tone: 'quiet', shape: 'ring' }
  if (phase === 'alone') return { word: 'Alone', tone: 'quiet', shape: 'ring' }
  return { word: 'Healthy', tone: 'healthy', shape: 'check' }
}
