/** What a peer signs of its agents, and what of it is kept over a reload. Checked where it enters. */
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import { agentsMax, capabilitiesMax, nameCharsMax } from '../limits.ts'
import type { AgentSpec } from './types.ts'

export const defaultType = 'worker'

const agentId = v.pipe(v.string(), v.regex(/^[\w.-]{1,64}$/, 'an id has 1 to 64 letters, digits, ".", "_" or "-"'))
const type = v.pipe(
  v.string(),
  v.regex(/^[a-z][a-z0-9_-]{0,31}$/, 'a type is a word of up to 32 lower-case letters, digits, "_" or "-"'),
)
const region = v.pipe(v.string(), v.regex(/^[\w.-]{1,32}$/, 'a region has 1 to 32 letters, digits, ".", "_" or "-"'))
const name = v.pipe(
  v.string(),
  v.minLength(1, `a name has 1 to ${nameCharsMax} characters`),
  v.maxLength(nameCharsMax, `a name has 1 to ${nameCharsMax} characters`),
)
const capabilities = v.pipe(
  v.array(
    v.pipe(
      v.string(),
      v.minLength(1, 'a capability has a name'),
      v.maxLength(128, 'the name of a capability has up to 128 characters'),
    ),
  ),
  v.maxLength(capabilitiesMax, `an agent has up to ${capabilitiesMax} capabilities`),
  v.readonly(),
)

const agent = v.strictObject({
  id: agentId,
  name,
  type,
  capabilities,
  region: v.optional(region),
  sinceMs: v.pipe(v.number(), v.finite()),
})
export type StoredAgent = v.InferOutput<typeof agent>
const agents = v.pipe(v.array(agent), v.maxLength(agentsMax), v.readonly())

export const recordSchema = v.strictObject({
  session: v.pipe(v.string(), v.maxLength(64)),
  /** Grows with each change of a session; the highest counts. */
  version: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  type,
  region: v.optional(region),
  agents,
})
export type AgentRecord = v.InferOutput<typeof recordSchema>

/** `schema` tells a later version what it reads. */
export const storedSchema = v.object({ schema: v.literal(1), agents })

const spec = v.strictObject({
  id: v.optional(agentId),
  name: v.optional(name),
  type: v.optional(type),
  capabilities: v.optional(capabilities),
  region: v.optional(region),
})

/** Throws `invalid-option` with what is wrong. */
export function checkedSpec(given: AgentSpec): AgentSpec {
  const parsed = v.safeParse(spec, given)
  if (parsed.success) return given
  throw new MeshError('invalid-option', parsed.issues.map(({ message }) => message).join('; '))
}

export function checkedOwn(own: { readonly type?: string | undefined; readonly region?: string | undefined }): void {
  const parsed = v.safeParse(v.object({ type: v.optional(type), region: v.optional(region) }), own)
  if (!parsed.success) throw new MeshError('invalid-option', parsed.issues.map(({ message }) => message).join('; '))
}
