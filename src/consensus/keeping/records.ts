/** What the room keeps of itself in the register, under keys of the mesh's own; checked where it is read. */
import * as v from 'valibot'
import type { PeerId } from '../../base/ids.ts'
import type { Json } from '../../base/json.ts'
import { ownKeyPrefix } from '../../base/own-keys.ts'
import type { LinkKind } from '../../mesh/peer.ts'
import type { AgentInfo } from '../../mesh/registry/types.ts'
import type { Decided } from '../decisions/register/entries.ts'
import { topologyPeersMax } from './limits.ts'

export const agentsPrefix = `${ownKeyPrefix}agents/`
export const topologyKey = `${ownKeyPrefix}topology`
export const settingsPrefix = `${ownKeyPrefix}settings/`

const text = v.pipe(v.string(), v.maxLength(128))
const ms = v.pipe(v.number(), v.finite())

const agentSchema = v.strictObject({
  name: text,
  type: text,
  capabilities: v.pipe(v.array(text), v.maxLength(64), v.readonly()),
  region: v.optional(text),
  sinceMs: ms,
  /** Its peer was seen to be gone then, ms since 1970; absent while it is here. */
  awaySinceMs: v.optional(ms),
})
export type KeptAgent = v.InferOutput<typeof agentSchema>

const place = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(topologyPeersMax))
const topologySchema = v.strictObject({
  atMs: ms,
  /** Ids and names. */
  peers: v.pipe(v.array(v.tuple([text, text])), v.maxLength(topologyPeersMax)),
  /** Places of two peers, and what links them. */
  links: v.array(v.tuple([place, place, v.picklist(['webrtc', 'broadcast', 'relayed', 'memory'])])),
})
export type KeptTopology = v.InferOutput<typeof topologySchema>

/** One agent of the register: as it lies there, and as it was understood, if it was. */
export interface AgentEntry {
  readonly key: string
  readonly raw: Json
  readonly agent: KeptAgent | undefined
}

export interface Kept {
  readonly agents: readonly AgentEntry[]
  readonly topology: { readonly raw: Json; readonly topology: KeptTopology | undefined } | undefined
}

/** An agent whose peer is not here. */
export interface AwayAgent extends Omit<AgentInfo, 'state'> {
  readonly state: 'away'
  /** Undefined until the leader has noticed. */
  readonly awaySinceMs: number | undefined
}

export interface Topology {
  readonly atMs: number
  readonly peers: readonly { readonly id: PeerId; readonly name: string }[]
  readonly links: readonly { readonly between: readonly [PeerId, PeerId]; readonly kind: LinkKind }[]
}

export function agentKey(id: string): string {
  return agentsPrefix + id
}

/** Entries are parsed once for each version of them. */
export class KeptReader {
  readonly #agents = new Map<string, { readonly version: number; readonly entry: AgentEntry }>()

  read(agents: readonly Decided[], topology: Decided | undefined): Kept {
    const keys = new Set(agents.map(({ key }) => key))
    for (const key of this.#agents.keys()) if (!keys.has(key)) this.#agents.delete(key)
    return {
      agents: agents.map(one => this.#agent(one)),
      topology: topology && { raw: topology.value, topology: outputOf(topologySchema, topology.value) },
    }
  }

  #agent({ key, value, version }: Decided): AgentEntry {
    const known = this.#agents.get(key)
    if (known?.version === version && known.entry.raw === value) return known.entry
    const entry = { key, raw: value, agent: outputOf(agentSchema, value) }
    this.#agents.set(key, { version, entry })
    return entry
  }
}

/** Those whose peers are not among `here`, the latest first. */
export function awayAgents({ agents }: Kept, here: ReadonlySet<PeerId>): readonly AwayAgent[] {
  const away = agents.flatMap(({ key, agent }) => {
    const id = key.slice(agentsPrefix.length)
    const peer = peerOf(id)
    if (!agent || here.has(peer)) return []
    const { awaySinceMs, region, ...given } = agent
    return [{ ...given, id, peer, isPeer: id === peer, region, state: 'away' as const, awaySinceMs }]
  })
  return away.sort(
    (one, other) => (other.awaySinceMs ?? Infinity) - (one.awaySinceMs ?? Infinity) || compare(one, other),
  )
}

export function topologyOf({ topology }: Kept): Topology | undefined {
  if (!topology?.topology) return undefined
  const { atMs, peers, links } = topology.topology
  return {
    atMs,
    peers: peers.map(([id, name]) => ({ id: id as PeerId, name })),
    links: links.flatMap(([one, other, kind]) => {
      const [first, second] = [peers[one]?.[0], peers[other]?.[0]]
      return first && second ? [{ between: [first as PeerId, second as PeerId] as const, kind }] : []
    }),
  }
}

/** An agent's id is that of its peer, or begins with it. */
export function peerOf(agentId: string): PeerId {
  return agentId.split('/', 1)[0] as PeerId
}

function compare(one: { readonly id: string }, other: { readonly id: string }): number {
  return one.id < other.id ? -1 : 1
}

function outputOf<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> | undefined {
  const parsed = v.safeParse(schema, value)
  return parsed.success ? parsed.output : undefined
}
