/** `mesh.agents` on the page: the list is read from the snapshot, changes are the engine's. */
import type { AwayAgent } from '../consensus/keeping/records.ts'
import type { AgentInfo, AgentSpec } from '../mesh/types.ts'

export interface AgentsHandle {
  /** Every agent of the room: each peer, this one included, and what is registered at them. */
  getAll(): readonly AgentInfo[]
  findByCapability(capability: string): readonly AgentInfo[]
  /** Those whose peers are not here, who left last first; remembered for a day after that. They come back as themselves. */
  away(): readonly AwayAgent[]
  /** Registers an agent at this peer, which speaks for it; registered again under its id, it is changed. It comes back after a reload. */
  register(agent: AgentSpec): Promise<AgentInfo>
  /** So many alike, numbered. */
  registerMany(count: number, agent?: Omit<AgentSpec, 'id' | 'name'>): Promise<readonly AgentInfo[]>
  deregister(id: string): Promise<void>
}

/** Capability -> agents that have it, made once for each list. */
const indexes = new WeakMap<readonly AgentInfo[], ReadonlyMap<string, readonly AgentInfo[]>>()

export function agentsHandle(
  engine: {
    registerAgent(agent: AgentSpec): Promise<AgentInfo>
    deregisterAgent(id: string): Promise<void>
  },
  list: () => readonly AgentInfo[],
  away: () => readonly AwayAgent[],
): AgentsHandle {
  return {
    getAll: list,
    away,
    findByCapability: capability => indexOf(list()).get(capability) ?? [],
    register: agent => engine.registerAgent(agent),
    async registerMany(count, agent = {}) {
      const registered: AgentInfo[] = []
      for (let made = 0; made < count; made++) registered.push(await engine.registerAgent(agent))
      return registered
    },
    deregister: id => engine.deregisterAgent(id),
  }
}

function indexOf(agents: readonly AgentInfo[]): ReadonlyMap<string, readonly AgentInfo[]> {
  const known = indexes.get(agents)
  if (known) return known
  const index = new Map<string, AgentInfo[]>()
  for (const agent of agents)
    for (const capability of agent.capabilities) {
      const able = index.get(capability)
      if (able) able.push(agent)
      else index.set(capability, [agent])
    }
  indexes.set(agents, index)
  return index
}
