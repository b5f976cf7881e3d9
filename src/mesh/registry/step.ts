/** The rules of the registry; its invariants stand in `state.ts`. */
import type { PeerId } from '../../base/ids.ts'
import { isOlder } from '../../link/webrtc/glare.ts'
import { membersMax } from '../limits.ts'
import { type AgentRecord, defaultType } from './record.ts'
import type { Effect, Host, Input, RegistryState } from './state.ts'
import type { AgentInfo, AgentState, RegistryEvents } from './types.ts'

/** Performs `input` on `state` (in place) and says what to tell, in order. */
export function step(state: RegistryState, input: Input): Effect[] {
  if (input.kind === 'record') {
    if (!isNews(state, input.peer, input.record)) return []
    state.records.set(input.peer, input.record)
    forgetStrangers(state)
    return tell(state, input.peer, 'deregistered')
  }
  if (input.kind === 'host') {
    state.hosts.set(input.host.id, input.host)
    return tell(state, input.host.id, 'deregistered')
  }
  const { peer, session, reason } = input
  if (state.hosts.get(peer)?.session !== session) return []
  state.hosts.delete(peer)
  if (state.records.get(peer)?.session === session) state.records.delete(peer)
  return tell(state, peer, reason)
}

export function isNews(state: RegistryState, peer: PeerId, record: Pick<AgentRecord, 'session' | 'version'>): boolean {
  const known = state.records.get(peer)
  if (!known) return true
  if (known.session === record.session) return known.version < record.version
  return isOlder(known.session as Host['session'], record.session as Host['session'])
}

/** All agents of members, a peer before those that live at it. */
export function allAgents(state: RegistryState): AgentInfo[] {
  return [...state.hosts.keys()].flatMap(peer => [...agentsAt(state, peer).values()])
}

export function agentsWith(state: RegistryState, capability: string): AgentInfo[] {
  return [...(state.byCapability.get(capability) ?? [])].flatMap(id => {
    const [peer] = id.split('/') as [PeerId]
    const agent = agentsAt(state, peer).get(id)
    return agent ? [agent] : []
  })
}

function agentsAt(state: RegistryState, peer: PeerId): ReadonlyMap<string, AgentInfo> {
  const host = state.hosts.get(peer)
  if (!host) return new Map()
  const record = state.records.get(peer)
  const own = record?.session === host.session ? record : undefined
  const shared = { peer, state: stateOf(host) }
  const agents: AgentInfo[] = [
    {
      ...shared,
      id: peer,
      isPeer: true,
      name: host.name,
      type: own?.type ?? defaultType,
      capabilities: host.capabilities,
      region: own?.region,
      sinceMs: host.joinedAtMs,
    },
    ...(own?.agents ?? []).map(({ id, region = own?.region, ...agent }) => ({
      ...shared,
      ...agent,
      region,
      id: `${peer}/${id}`,
      isPeer: false,
    })),
  ]
  return new Map(agents.map(agent => [agent.id, agent]))
}

function stateOf({ state, load }: Host): AgentState {
  if (state === 'suspect') return 'suspect'
  return load.slots > 0 && load.busy >= load.slots ? 'busy' : 'idle'
}

/** Compares what is with what was told. */
function tell(state: RegistryState, peer: PeerId, reason: RegistryEvents['agent-deregistered']['reason']): Effect[] {
  const told = state.agents.get(peer) ?? new Map<string, AgentInfo>()
  const now = agentsAt(state, peer)
  const effects: Effect[] = []
  for (const [id, agent] of told)
    if (!now.has(id)) {
      index(state, agent, false)
      effects.unshift({ kind: 'agent-deregistered', detail: { agent, reason } })
    }
  for (const [id, agent] of now) {
    const before = told.get(id)
    if (before && isSame(before, agent)) continue
    if (before) index(state, before, false)
    index(state, agent, true)
    effects.push({ kind: before ? 'agent-updated' : 'agent-registered', detail: agent })
  }
  if (now.size > 0) state.agents.set(peer, now)
  else state.agents.delete(peer)
  return effects
}

/** Load and suspicion come and go all the time; an agent is changed when what it says of itself is. */
function isSame(one: AgentInfo, two: AgentInfo): boolean {
  return (
    one.name === two.name &&
    one.type === two.type &&
    one.region === two.region &&
    one.capabilities.join('\n') === two.capabilities.join('\n')
  )
}

function index(state: RegistryState, { id, capabilities }: AgentInfo, isHere: boolean): void {
  for (const capability of capabilities) {
    const agents = state.byCapability.get(capability) ?? new Set()
    if (isHere) state.byCapability.set(capability, agents.add(id))
    else if (agents.delete(id) && agents.size === 0) state.byCapability.delete(capability)
  }
}

/** A record may come before its peer does; of those who never come, the oldest is forgotten. */
function forgetStrangers(state: RegistryState): void {
  for (const peer of state.records.keys()) {
    if (state.records.size <= membersMax) return
    if (!state.hosts.has(peer)) state.records.delete(peer)
  }
}
