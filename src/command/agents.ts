/** `agent list` and `agent spawn`: who is here to do something. */
import * as v from 'valibot'
import type { AgentInfo } from '../mesh/types.ts'
import { defineCommand } from './command.ts'
import { columns, plural } from './format.ts'
import { agentsSpawnedMax } from './limits.ts'
import { text, whole } from './options.ts'
import { peerName } from './people.ts'

function table(agents: readonly (AgentInfo & { readonly at: string })[]): string {
  return columns(
    agents.map(({ name, type, state, at, capabilities }) => [name, type, state, at, capabilities.join(', ')]),
  )
}

const list = defineCommand({
  name: 'agent list',
  summary: 'Every agent of the room: each peer, and what is registered at it',
  options: v.strictObject({
    type: v.optional(text('Only agents of this type')),
    capability: v.optional(text('Only who can do this')),
  }),
  run: async (mesh, { type, capability }) =>
    mesh.agents
      .getAll()
      .filter(agent => type === undefined || agent.type === type)
      .filter(agent => capability === undefined || agent.capabilities.includes(capability))
      .map(agent => ({ ...agent, at: peerName(mesh, agent.peer) })),
  words: agents => (agents.length > 0 ? table(agents) : 'No agent is like that.'),
})

const spawn = defineCommand({
  name: 'agent spawn',
  summary: 'Registers an agent at this peer, or several alike',
  options: v.strictObject({
    type: v.optional(text('coordinator, worker, validator, or any other word; default worker')),
    name: v.optional(text('Its name; several are numbered')),
    count: v.optional(whole(1, agentsSpawnedMax, 'How many; default 1')),
    capability: v.optional(text('What they can do')),
  }),
  suggest: { type: () => ['coordinator', 'worker', 'validator'] },
  examples: ['agent spawn --type coordinator --name leader-1', 'agent spawn --count 3 --type validator'],
  async run(mesh, { type, name, count = 1, capability }) {
    const agents: AgentInfo[] = []
    for (let made = 1; made <= count; made++)
      agents.push(
        await mesh.agents.register({
          ...(type && { type }),
          ...(name && { name: count === 1 ? name : `${name}-${made}` }),
          ...(capability && { capabilities: [capability] }),
        }),
      )
    return agents.map(agent => ({ ...agent, at: peerName(mesh, agent.peer) }))
  },
  words: agents => `${plural(agents.length, 'agent')} registered.\n${table(agents)}`,
})

export const agentCommands = [list, spawn]
