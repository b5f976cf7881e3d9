/** A job as bytes: what its id is made of, and what peers fetch from each other. */
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import type { JobId } from '../../base/ids.ts'
import type { Json } from '../../base/json.ts'
import { canonicalJson } from '../canonical.ts'
import { sha256Hex } from '../hash.ts'
import type { JobSpec } from '../types.ts'
import { specSchema } from './messages.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

export function encodeSpec(spec: JobSpec | Omit<JobSpec, 'id'>): Uint8Array {
  return encoder.encode(canonicalJson(spec as unknown as Json))
}

/** The id of a job: nobody can change a job, nor send another in its place. */
export async function jobIdOf(spec: Omit<JobSpec, 'id'>): Promise<JobId> {
  return (await sha256Hex(encodeSpec(spec))).slice(0, 32) as JobId
}

/** Checks a job from a peer, who may be broken or hostile. Never throws. */
export async function parseSpec(bytes: Uint8Array): Promise<JobSpec | MeshError<'malformed'>> {
  let decoded: unknown
  try {
    decoded = JSON.parse(decoder.decode(bytes))
  } catch {
    return new MeshError('malformed', 'a job is not JSON')
  }
  const parsed = v.safeParse(specSchema, decoded)
  if (!parsed.success) return new MeshError('malformed', v.summarize(parsed.issues))
  const { id, ...rest } = parsed.output
  return (await jobIdOf(rest)) === id ? parsed.output : new MeshError('malformed', 'a job is not what its id says')
}
