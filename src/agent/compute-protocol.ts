/** What passes between the engine and its compute workers. Both ends are ours and of one build, so nothing is validated. */
import type { MeshErrorCode } from '../base/errors.ts'
import type { Json } from '../base/json.ts'
import type { MapPiece } from '../work/runner.ts'

export type ComputeCall =
  | { readonly kind: 'map'; readonly capability: string; readonly options: Json; readonly pieces: readonly MapPiece[] }
  /** From here on this worker merges one job's partial results. */
  | {
      readonly kind: 'merge'
      readonly capability: string
      readonly options: Json
      readonly inputNames: readonly string[]
    }
  | { readonly kind: 'add'; readonly shard: number; readonly partial: Uint8Array }
  | { readonly kind: 'finish' }
  /** Drops what was merged; the worker is for others again. */
  | { readonly kind: 'forget' }

export type ComputeReply =
  /** Said once, when the worker has loaded. */
  | { readonly isReady: true }
  | { readonly isDone: true; readonly bytes: Uint8Array }
  | { readonly isDone: false; readonly code: MeshErrorCode; readonly message: string }

/** As much of a Worker as is used, so that other kinds of thread fit too. */
export interface ComputeThread {
  postMessage(call: ComputeCall): void
  onmessage: ((event: { readonly data: ComputeReply }) => void) | null
  onerror: ((event: { readonly message?: string }) => void) | null
  terminate(): void
}
