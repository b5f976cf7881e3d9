/**
 * The message types that every peer of tabmesh knows, whatever else its application speaks of. A type is a topic: the envelope
 * of `frame.ts` carries it. `heartbeat` and `capability_query` are answered by the mesh itself.
 */
import * as v from 'valibot'
import { MeshError } from '../base/errors.ts'
import type { Announcement, LoadInfo } from './peer.ts'
import type { Mesh } from './types.ts'

export const messageTypes = [
  'task_request',
  'task_result',
  'task_auction',
  'collaboration_invite',
  'capability_query',
  'heartbeat',
  'consensus_vote',
  'network_init',
  'peer_connect',
  'network_shutdown',
] as const
export type MessageType = (typeof messageTypes)[number]

/** What a `capability_query` may ask: nothing, or whether this peer can do one thing. */
const querySchema = v.nullable(v.strictObject({ capability: v.optional(v.pipe(v.string(), v.maxLength(128))) }))

/** What a `capability_query` is answered with; `canHandle` where one capability was asked for. */
export type CapabilityAnswer = {
  readonly capabilities: readonly string[]
  readonly load: LoadInfo
  readonly canHandle?: boolean
}

/** Answers what others ask of this peer's capabilities, for as long as the mesh lasts. */
export function answerCapabilityQueries(
  mesh: Pick<Mesh, 'handle'>,
  announced: () => Pick<Announcement, 'capabilities' | 'load'>,
): void {
  const type: MessageType = 'capability_query'
  mesh.handle(type, payload => {
    const query = v.safeParse(querySchema, payload)
    if (!query.success) throw new MeshError('malformed', v.summarize(query.issues))
    const { capability } = query.output ?? {}
    const { capabilities, load } = announced()
    const canHandle = capability === undefined ? {} : { canHandle: capabilities.includes(capability) }
    return { capabilities, load: { ...load }, ...canHandle } satisfies CapabilityAnswer
  })
}
