/** Jobs that look as the engine's do. What they find is really computed, by the built-in capabilities over some of the sample texts. */
import { Merge, mapShard } from '../../src/agent/compute.ts'
import type { JobId, PeerId } from '../../src/base/ids.ts'
import type { Json } from '../../src/base/json.ts'
import type { JobProgram, JobState, JobView } from '../../src/work/types.ts'

const sampleFiles = ['English.txt', 'French.fra.txt', 'Spanish.spa.txt', 'German-Standard.deu.txt', 'Italian.ita.txt']
const letters = 'etaoinshrdlucmfywgpbvkxqjzéà'

export type NamedText = { readonly name: string; readonly text: string }

export async function sampleTexts(): Promise<NamedText[]> {
  const texts = await Promise.all(
    sampleFiles.map(async name => {
      const response = await fetch(`/sample/${name}`)
      const isText = response.ok && !(response.headers.get('content-type') ?? '').includes('html')
      return { name, text: isText ? await response.text() : '' }
    }),
  )
  return texts.filter(({ text }) => text !== '')
}

export async function computed(
  program: JobProgram,
  texts: readonly NamedText[],
): Promise<{ result: Json; hash: string }> {
  let result: Json
  if (program.kind === 'source') {
    // A person's function is not run here; letters and a falling curve stand for what the example finds.
    result = Object.fromEntries([...letters].map((letter, rank) => [letter, Math.round(61_000 / (1 + rank * 0.42))]))
  } else {
    const encoder = new TextEncoder()
    const names = texts.map(({ name }) => name)
    const merge = new Merge(program.capability, program.options, names)
    texts.forEach(({ name, text }, input) => {
      const piece = { input, name, number: input, firstLine: 1, starts: undefined, bytes: encoder.encode(text) }
      merge.add(input, mapShard(program.capability, program.options, [piece]))
    })
    result = JSON.parse(new TextDecoder().decode(merge.finish())) as Json
  }
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(result)))
  return { result, hash: Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, '0')).join('') }
}

export interface Worker {
  readonly id: PeerId
  readonly name: string
}

/** `part` of the work done, 0 to 1, shared out unevenly as real tabs do. */
export function viewOf(
  facts: Pick<JobView, 'id' | 'title' | 'program' | 'submittedBy' | 'submittedAtMs' | 'inputBytes' | 'shards'>,
  state: JobState,
  part: number,
  workers: readonly Worker[],
): JobView {
  const shardsDone = Math.round(facts.shards * part)
  const weights = workers.map((_, index) => 3 + ((index * 7) % 5))
  const whole = weights.reduce((sum, weight) => sum + weight, 0)
  let left = shardsDone
  const perPeer = workers.map(({ id, name }, index) => {
    const done =
      index === workers.length - 1 ? left : Math.min(left, Math.round((shardsDone * (weights[index] ?? 1)) / whole))
    left -= done
    const running = state === 'running' ? Math.min(2, Math.max(0, facts.shards - shardsDone - index * 2)) : 0
    return { peer: id, name, running, done, bytes: Math.round((facts.inputBytes * done) / facts.shards) }
  })
  return {
    ...facts,
    coordinator: facts.submittedBy,
    state,
    shardsDone,
    safeToClose: state !== 'storing',
    perPeer,
    finishedAtMs: undefined,
    retries: 0,
    error: undefined,
    result: undefined,
    resultBytes: undefined,
    resultHash: undefined,
  }
}

let jobs = 0
export function nextJobId(): JobId {
  return `job-${++jobs}` as JobId
}
