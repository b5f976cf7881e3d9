/** Blocks put together into shards, the unit that is handed out: a pure function of the job, so every peer numbers them alike. */
import { blockBytesMin, blockBytesTarget, blocksWanted } from './limits.ts'
import type { JobBlock, JobInput, JobSpec } from './types.ts'

/** One block with its place in the job. */
interface ShardPiece {
  /** From 0, over all blocks of the job. */
  readonly number: number
  /** Index into the job's inputs. */
  readonly input: number
  readonly name: string
  readonly block: JobBlock
  /** Number of its first line in the input, from 1. */
  readonly firstLine: number
}

export interface Shard {
  readonly number: number
  readonly bytes: number
  readonly pieces: readonly ShardPiece[]
}

/** How large the blocks of inputs of so many bytes are: enough of them to go round, none needlessly small. */
export function targetFor(inputBytes: number): number {
  return Math.min(Math.max(Math.ceil(inputBytes / blocksWanted), blockBytesMin), blockBytesTarget)
}

export function inputBytes(spec: Pick<JobSpec, 'inputs'>): number {
  return spec.inputs.reduce((sum, input) => sum + input.bytes, 0)
}

export function shardsOf(spec: Pick<JobSpec, 'inputs'>): readonly Shard[] {
  const target = targetFor(inputBytes(spec))
  const shards: Shard[] = []
  let pieces: ShardPiece[] = []
  let bytes = 0
  const close = () => {
    if (pieces.length > 0) shards.push({ number: shards.length, bytes, pieces })
    pieces = []
    bytes = 0
  }
  for (const [number, place] of spec.inputs.flatMap(piecesOf).entries()) {
    const piece = { number, ...place }
    if (bytes > 0 && bytes + piece.block.bytes > target) close()
    pieces.push(piece)
    bytes += piece.block.bytes
  }
  close()
  return shards
}

function piecesOf(input: JobInput, index: number): Omit<ShardPiece, 'number'>[] {
  let firstLine = 1
  return input.blocks.map(block => {
    const piece = { input: index, name: input.name, block, firstLine }
    firstLine += block.lines
    return piece
  })
}
