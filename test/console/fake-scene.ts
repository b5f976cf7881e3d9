/** Which picture of a mesh the fake shows. */
import type { PeerId } from '../../src/base/ids.ts'
import type { MeshSnapshot, Phase } from '../../src/engine/snapshot.ts'
import { type DecisionScene, decisionScenes } from './decision-scenes.ts'

const jobs = ['none', 'storing', 'running', 'done', 'find', 'own', 'failed'] as const
const phases = ['joining', 'alone', 'joined', 'failed', 'left'] as const

export interface Scene {
  readonly peers: number
  readonly phase: Phase
  readonly job: (typeof jobs)[number]
  /** What those who decide are doing. */
  readonly decisions: DecisionScene
  /** Code of a problem: blocking in phase `failed`, a notice otherwise. */
  readonly problem: string | undefined
  readonly partition: 'minority' | 'majority' | undefined
  /** Faults in force. */
  readonly hasFaults: boolean
  /** Somebody has asked all to end. */
  readonly isEnding: boolean
  /** Nothing changes by itself: for pictures. */
  readonly isStill: boolean
}

export function sceneOf(params: URLSearchParams): Scene {
  const peers = Number(params.get('peers') ?? 5)
  return {
    peers,
    phase: phases.find(phase => phase === params.get('phase')) ?? (peers === 0 ? 'alone' : 'joined'),
    job: jobs.find(job => job === params.get('job')) ?? 'none',
    decisions: decisionScenes.find(scene => scene === params.get('decisions')) ?? 'ready',
    problem: params.get('problem') ?? undefined,
    partition: (['minority', 'majority'] as const).find(side => side === params.get('partition')),
    hasFaults: params.has('faults'),
    isEnding: params.has('ending'),
    isStill: params.has('still'),
  }
}

export const fakeCounters: MeshSnapshot['counters'] = {
  'frames received': 18_204,
  'frames sent': 17_933,
  'gossip delivered': 4_211,
  'gossip duplicates': 9_870,
  'malformed dropped': 0,
  'relayed for others': 312,
}

/** What the scene has befall the room. */
export function troubleOf(
  { partition: side, isEnding }: Scene,
  by: PeerId,
  reachable: number,
  startMs: number,
): Pick<MeshSnapshot, 'shutdown' | 'partition'> {
  const shutdown = isEnding ? { by, name: 'Lucky Lynx', reason: 'task_complete', atMs: startMs } : undefined
  if (!side) return { shutdown }
  const known = side === 'minority' ? reachable * 3 : Math.ceil(reachable * 1.5)
  return { shutdown, partition: { side, reachable, known, sinceMs: startMs - 42_000 } }
}

export const stepsOf = (isJoining: boolean): MeshSnapshot['steps'] => [
  { step: 'identity', state: 'done' },
  { step: 'signaling', state: 'done', detail: 'ws://127.0.0.1:4100/signal' },
  { step: 'dialling', state: isJoining ? 'running' : 'done', detail: '2 of 4 peers answered' },
  { step: 'admitted', state: isJoining ? 'waiting' : 'done' },
]
