/** How far the room agrees, in words. */
import type { ReplicaView } from '../../engine/shared-handle.ts'
import { bytes } from '../format.ts'

export interface SyncWords {
  readonly text: string
  readonly tone: 'healthy' | 'suspect' | 'quiet'
}

export function syncWords({ inSync, peers, isConverged, progress }: ReplicaView): SyncWords {
  if (progress)
    return { text: `receiving ${bytes(progress.receivedBytes)} of ${bytes(progress.totalBytes)}`, tone: 'suspect' }
  if (peers === 0) return { text: 'only in this tab', tone: 'quiet' }
  const text = `in sync with ${inSync} of ${peers}`
  return { text, tone: isConverged ? 'healthy' : 'suspect' }
}
