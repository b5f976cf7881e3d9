/** What computes: built-in capabilities and typed source alike. `work` hands out and collects; `agent` implements this. */
import type { Json } from '../base/json.ts'
import type { JobBlock, JobProgram } from './types.ts'

/** One block to map, with its bytes. */
export interface MapPiece {
  /** From 0, over all blocks of the job. */
  readonly number: number
  /** Index into the job's inputs. */
  readonly input: number
  readonly name: string
  readonly firstLine: number
  readonly starts: JobBlock['starts']
  readonly bytes: Uint8Array
}

export interface MapTask {
  readonly program: JobProgram
  readonly shard: number
  readonly pieces: readonly MapPiece[]
  readonly timeoutMs: number
}

/** Takes the partial results of one job and makes the final one. Closing it frees its worker. */
export interface Reducer {
  /** Takes a shard's partial result once; a second one of the same shard changes nothing. Rejects a malformed one. */
  add(shard: number, partial: Uint8Array): Promise<void>
  /** The final result as canonical JSON, UTF-8. */
  finish(): Promise<Uint8Array>
  close(): void
}

export interface Runner {
  /** Shards it computes at a time. */
  readonly slots: number
  /** What it can run, as announced to the mesh: capability names, and `sourceCapability` if it runs typed source. */
  readonly capabilities: readonly string[]
  /** Rejects with `malformed`, `function-failed` or `no-capable-agent` what cannot run, with a message for the person who typed it. */
  check(program: JobProgram): Promise<void>
  /** The partial result of one shard: JSON as UTF-8, at most `partialBytesMax`. Rejects with MeshError. */
  map(task: MapTask, signal: AbortSignal): Promise<Uint8Array>
  reducer(program: JobProgram, inputNames: readonly string[], timeoutMs: number): Reducer
  close(): void
}

/** Announced by peers that run typed source in a sandbox. */
export const sourceCapability = 'source.run'

export function capabilityOf(program: JobProgram): string {
  return program.kind === 'capability' ? program.capability : sourceCapability
}

/** A capability called with one input, by `submit`. */
export type TaskFunction = (input: Json | Uint8Array, signal: AbortSignal) => Promise<Json | Uint8Array>
