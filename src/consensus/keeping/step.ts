/** The rules of keeping; its invariants stand in `state.ts`. */
import type { Json } from '../../base/json.ts'
import type { AgentInfo } from '../../mesh/registry/types.ts'
import { canonical } from '../decisions/register/canonical.ts'
import {
  agentKeptBytesMax,
  agentsKeptBytesMax,
  agentsKeptMax,
  awayMsMax,
  changeBytesPerWriteMax,
  changesPerWriteMax,
  topologyBytesMax,
  topologyIntervalMs,
  topologyPeersMax,
  unnamedMs,
} from './limits.ts'
import { agentKey, agentsPrefix, type KeptAgent, type KeptTopology, peerOf, topologyKey } from './records.ts'
import type { Change, KeepState, Observation, RoomNow } from './state.ts'

/** What to write now, as one entry of the log; more follows at the next look. */
export function step(state: KeepState, observation: Observation): Change[] {
  const changes = [...agentChanges(state, observation), ...topologyChange(state, observation)]
  const fitting: Change[] = []
  let bytes = 0
  for (const change of changes) {
    bytes += JSON.stringify([change.expected ?? null, change.value ?? null]).length
    if (fitting.length >= changesPerWriteMax || (bytes > changeBytesPerWriteMax && fitting.length > 0)) break
    fitting.push(change)
    if (change.key === topologyKey) state.topologyAtMs = observation.monotonicMs
  }
  return fitting
}

function agentChanges(state: KeepState, observation: Observation): Change[] {
  const held = new Map(observation.kept.agents.map(entry => [entry.key, entry]))
  const wanted = within([...present(observation), ...absent(state, observation)])
  const written = [...wanted].flatMap(([key, agent]) => {
    const expected = held.get(key)?.raw
    const value = agent as unknown as Json
    return expected !== undefined && canonical(expected) === canonical(value) ? [] : [{ key, expected, value }]
  })
  const dropped = [...held.values()].filter(({ key }) => !wanted.has(key))
  return [...written, ...dropped.map(({ key, raw }) => ({ key, expected: raw, value: undefined }))]
}

type Keyed = readonly [key: string, agent: KeptAgent]

/** Peers before what is registered at them, by id: those beyond the limit are always the same. */
function present({ room, kept }: Observation): Keyed[] {
  const held = new Map(kept.agents.map(({ key, agent }) => [key, agent]))
  const sorted = [...room.agents].sort(
    (one, other) => Number(other.isPeer) - Number(one.isPeer) || (one.id < other.id ? -1 : 1),
  )
  return sorted.map(agent => {
    const key = agentKey(agent.id)
    const before = held.get(key)
    // When a peer joined is told by each who saw it; it is kept as the first one wrote it.
    const sinceMs = agent.isPeer && before && before.awaySinceMs === undefined ? before.sinceMs : agent.sinceMs
    return [key, fitted(agent, sinceMs)] as const
  })
}

/** Who is kept and not here, the latest first. */
function absent(state: KeepState, { room, kept, nowMs, monotonicMs }: Observation): Keyed[] {
  const peers = new Set<string>(room.peers.map(({ id }) => id))
  const named = new Set(room.agents.map(({ id }) => agentKey(id)))
  const unnamed = new Set<string>()
  const staying = kept.agents.flatMap<Keyed>(({ key, agent }) => {
    if (!agent || named.has(key)) return []
    if (peers.has(peerOf(key.slice(agentsPrefix.length)))) {
      unnamed.add(key)
      const sinceMs = state.unnamedSinceMs.get(key) ?? monotonicMs
      state.unnamedSinceMs.set(key, sinceMs)
      return monotonicMs - sinceMs < unnamedMs ? [[key, agent]] : []
    }
    // A clock that was far ahead when it was noticed must not keep it for ever.
    const awaySinceMs = Math.min(agent.awaySinceMs ?? nowMs, nowMs)
    return nowMs - awaySinceMs < awayMsMax ? [[key, { ...agent, awaySinceMs }]] : []
  })
  for (const key of state.unnamedSinceMs.keys()) if (!unnamed.has(key)) state.unnamedSinceMs.delete(key)
  const awaySince = ([, { awaySinceMs = Number.POSITIVE_INFINITY }]: Keyed) => awaySinceMs
  return staying.sort((one, other) => awaySince(other) - awaySince(one) || (one[0] < other[0] ? -1 : 1))
}

function within(agents: readonly Keyed[]): ReadonlyMap<string, KeptAgent> {
  const fitting = new Map<string, KeptAgent>()
  let bytes = 0
  for (const [key, agent] of agents) {
    bytes += key.length + JSON.stringify(agent).length
    if (fitting.size >= agentsKeptMax || bytes > agentsKeptBytesMax) break
    fitting.set(key, agent)
  }
  return fitting
}

function fitted({ name, type, capabilities, region }: AgentInfo, sinceMs: number): KeptAgent {
  const agent = { name, type, ...(region !== undefined && { region }), sinceMs }
  const fitting: string[] = []
  let bytes = JSON.stringify({ ...agent, capabilities: [] }).length
  for (const capability of capabilities) {
    bytes += JSON.stringify(capability).length + 1
    if (bytes > agentKeptBytesMax) break
    fitting.push(capability)
  }
  return { ...agent, capabilities: fitting }
}

function topologyChange(state: KeepState, { room, kept, nowMs, monotonicMs }: Observation): Change[] {
  const { peers, links } = topologyNow(room)
  const now = canonical({ peers, links } as unknown as Json)
  const isSettled = now === state.seenTopology
  state.seenTopology = now
  const before = kept.topology?.topology
  const isSame = before !== undefined && canonical({ peers: before.peers, links: before.links } as Json) === now
  const isTooSoon = state.topologyAtMs !== undefined && monotonicMs - state.topologyAtMs < topologyIntervalMs
  if (links.length === 0 || !isSettled || isSame || isTooSoon) return []
  return [{ key: topologyKey, expected: kept.topology?.raw, value: { atMs: nowMs, peers, links } as unknown as Json }]
}

function topologyNow(room: RoomNow): Pick<KeptTopology, 'peers' | 'links'> {
  const peers: [string, string][] = [...room.peers]
    .sort((one, other) => (one.id < other.id ? -1 : 1))
    .slice(0, topologyPeersMax)
    .map(({ id, name }) => [id, name])
  const place = new Map(peers.map(([id], at) => [id, at]))
  const linked = new Map<string, KeptTopology['links'][number]>() // both ends tell of a link
  for (const { between, kind } of room.links) {
    const [one, other] = between.map(id => place.get(id)) as [number | undefined, number | undefined]
    if (one === undefined || other === undefined || one === other) continue
    const [low, high] = one < other ? [one, other] : [other, one]
    linked.set(`${low} ${high}`, [low, high, kind])
  }
  const links = [...linked.values()].sort((one, other) => one[0] - other[0] || one[1] - other[1])
  let bytes = JSON.stringify(peers).length
  const fitting = links.findIndex(link => {
    bytes += JSON.stringify(link).length + 1
    return bytes > topologyBytesMax
  })
  return { peers, links: fitting < 0 ? links : links.slice(0, fitting) }
}
