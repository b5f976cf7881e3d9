/** From what a person drops to a job: sizes checked before anything is read, then cut, hashed and stored block by block. */
import { MeshError, toMeshError } from '../base/errors.ts'
import type { BlockHash, JobId, PeerId } from '../base/ids.ts'
import type { BlockStore } from './blocks/store.ts'
import { cutBlocks } from './cut.ts'
import { sha256Hex } from './hash.ts'
import { jobIdOf } from './job/spec.ts'
import * as limits from './limits.ts'
import type { Sample } from './sample.ts'
import { targetFor } from './shard.ts'
import type { JobBlock, JobInput, JobProgram, JobSpec } from './types.ts'

export interface JobRequest {
  readonly title?: string
  readonly program: JobProgram
  readonly inputs: readonly (File | { readonly name: string; readonly text: string })[] | 'sample'
  readonly shardTimeoutMs?: number
  readonly signal?: AbortSignal
}

interface Named {
  readonly name: string
  readonly blob: Blob
}

const readBytes = 1024 * 1024

export async function takeIn(
  request: JobRequest,
  context: {
    readonly submittedBy: PeerId
    readonly submittedAtMs: number
    readonly store: BlockStore
    readonly sample: Sample | undefined
  },
): Promise<JobSpec> {
  const { store, sample, submittedBy, submittedAtMs } = context
  const { program, signal } = request
  checkProgram(program)
  const shardTimeoutMs = request.shardTimeoutMs ?? limits.shardTimeoutMsDefault
  if (!(Number.isInteger(shardTimeoutMs) && shardTimeoutMs >= 1 && shardTimeoutMs <= limits.shardTimeoutMsMax))
    throw new MeshError('invalid-option', `shardTimeoutMs must be between 1 and ${limits.shardTimeoutMsMax}.`)
  const describe = (inputs: readonly JobInput[]): Omit<JobSpec, 'id'> => {
    const title = (request.title ?? defaultTitle(program)).slice(0, limits.titleCharsMax)
    const corpus = request.inputs === 'sample' ? { corpus: 'sample' as const } : {}
    return { title, submittedBy, submittedAtMs, program, ...corpus, inputs, shardTimeoutMs }
  }

  if (request.inputs === 'sample') {
    if (!sample) throw new MeshError('unsupported', 'There are no sample texts here.')
    const spec = describe(await sample.inputs())
    return { ...spec, id: await jobIdOf(spec) }
  }

  const named = request.inputs.map(asNamed)
  const target = targetFor(checkedSize(named))
  // Until its last block is cut a job has no id to keep blocks for.
  const draft = `draft-${crypto.randomUUID()}` as JobId
  try {
    const inputs: JobInput[] = []
    for (const input of named) inputs.push(await cutInput(input, target, draft, store, signal))
    const blocks = inputs.reduce((sum, input) => sum + input.blocks.length, 0)
    if (blocks > limits.blocksMax)
      throw new MeshError('too-large', `These files give more than ${limits.blocksMax} parts.`)
    const spec = describe(inputs)
    const id = await jobIdOf(spec)
    await store.move(draft, id)
    return { ...spec, id }
  } catch (error) {
    await store.release(draft).catch(() => {}) // swept later; the first failure is what counts
    throw error
  }
}

function asNamed(input: File | { readonly name: string; readonly text: string }): Named {
  const name = input.name.slice(0, limits.inputNameCharsMax)
  return 'text' in input && typeof input.text === 'string'
    ? { name, blob: new Blob([input.text]) }
    : { name, blob: input as File }
}

/** Bytes in all. */
function checkedSize(inputs: readonly Named[]): number {
  if (inputs.length > limits.inputsMax)
    throw new MeshError('too-large', `These are ${inputs.length} files; a job takes at most ${limits.inputsMax}.`)
  const bytes = inputs.reduce((sum, { blob }) => sum + blob.size, 0)
  if (bytes <= limits.inputBytesMax) return bytes
  const what = inputs.length === 1 ? `"${inputs[0]?.name}" has` : `These ${inputs.length} files have`
  throw new MeshError(
    'too-large',
    `${what} ${megabytes(bytes)} MB; a job takes at most ${megabytes(limits.inputBytesMax)} MB in all.`,
  )
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / (1024 * 1024))
}

function checkProgram(program: JobProgram): void {
  if (program.kind === 'capability') return
  for (const part of ['map', 'reduce'] as const) {
    const bytes = new TextEncoder().encode(program[part]).length
    if (bytes > limits.sourceBytesMax)
      throw new MeshError('too-large', `The ${part} function has ${bytes} bytes; at most ${limits.sourceBytesMax}.`)
  }
}

async function cutInput(
  { name, blob }: Named,
  targetBytes: number,
  draft: JobId,
  store: BlockStore,
  signal: AbortSignal | undefined,
): Promise<JobInput> {
  const blocks: JobBlock[] = []
  let bytes = 0
  for await (const block of cutBlocks(name, chunksOf(name, blob, signal), targetBytes)) {
    const hash = (await sha256Hex(block.bytes)) as BlockHash
    await store.put(draft, hash, block.bytes)
    bytes += block.bytes.length
    blocks.push({ ...block, hash, bytes: block.bytes.length })
  }
  return { name, bytes, blocks }
}

/** By slices: `Blob.stream()` is not iterable everywhere. */
async function* chunksOf(name: string, blob: Blob, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < blob.size; at += readBytes) {
    if (signal?.aborted) throw new MeshError('aborted', 'The job was given up while its files were read.')
    const slice = blob.slice(at, at + readBytes).arrayBuffer()
    yield new Uint8Array(
      await slice.catch(cause => {
        const { message } = toMeshError(cause, 'input-lost')
        throw new MeshError('input-lost', `"${name}" cannot be read any more: ${message}`, { cause })
      }),
    )
  }
}

function defaultTitle(program: JobProgram): string {
  return program.kind === 'capability' ? program.capability : 'Own function'
}
