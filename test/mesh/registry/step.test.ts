import { describe, expect, test } from 'vitest'
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import { shuffled } from '../../../src/base/random.ts'
import { membersMax } from '../../../src/mesh/limits.ts'
import type { AgentRecord } from '../../../src/mesh/registry/record.ts'
import { emptyRegistry, type Host, type Input, type RegistryState } from '../../../src/mesh/registry/state.ts'
import { agentsWith, allAgents, step } from '../../../src/mesh/registry/step.ts'
import { seededRandom } from '../../link/support/turns.ts'

const ada = 'ada' as PeerId
const early = '1000-aaaaaaaa' as SessionId
const late = '2000-aaaaaaaa' as SessionId

const host = (change: Partial<Host> = {}): Input => ({
  kind: 'host',
  host: {
    id: ada,
    session: early,
    name: 'Ada',
    capabilities: ['text.grep'],
    load: { slots: 2, busy: 0 },
    state: 'alive',
    joinedAtMs: 5,
    ...change,
  },
})
const record = (version: number, ids: string[], change: Partial<AgentRecord> = {}): Input => ({
  kind: 'record',
  peer: ada,
  record: {
    session: early,
    version,
    type: 'coordinator',
    agents: ids.map(id => ({ id, name: id, type: 'validator', capabilities: ['vote'], sinceMs: 7 })),
    ...change,
  },
})
const departed = (session = early): Input => ({ kind: 'departed', peer: ada, session, reason: 'crashed' })

/** What was told, as `registered ada/v1`. */
function told(state: RegistryState, ...inputs: Input[]): string[] {
  return inputs
    .flatMap(input => step(state, input))
    .map(effect =>
      effect.kind === 'agent-deregistered'
        ? `deregistered ${effect.detail.agent.id} ${effect.detail.reason}`
        : `${effect.kind.slice(6)} ${effect.detail.id}`,
    )
}

test('a peer is an agent by being here, a worker until it says otherwise', () => {
  const state = emptyRegistry()
  expect(told(state, host())).toEqual(['registered ada'])
  expect(allAgents(state)).toEqual([
    {
      id: ada,
      peer: ada,
      isPeer: true,
      name: 'Ada',
      type: 'worker',
      capabilities: ['text.grep'],
      region: undefined,
      state: 'idle',
      sinceMs: 5,
    },
  ])
  expect(told(state, record(1, [], { region: 'eu' }))).toEqual(['updated ada'])
  expect(allAgents(state)).toMatchObject([{ type: 'coordinator', region: 'eu' }])
})

test('agents come with the record of their peer and go with their peer, itself last', () => {
  const state = emptyRegistry()
  expect(told(state, host(), record(1, ['v1', 'v2']))).toEqual([
    'registered ada',
    'updated ada',
    'registered ada/v1',
    'registered ada/v2',
  ])
  expect(told(state, record(2, ['v2']))).toEqual(['deregistered ada/v1 deregistered'])
  expect(told(state, departed())).toEqual(['deregistered ada/v2 crashed', 'deregistered ada crashed'])
  expect([state.records.size, state.hosts.size, state.agents.size, state.byCapability.size]).toEqual([0, 0, 0, 0])
})

test('older records, and those of older sessions, change nothing', () => {
  const state = emptyRegistry()
  told(state, host({ session: late }), record(5, ['v1'], { session: late }))
  expect(told(state, record(4, []), record(5, []), record(9, ['x']))).toEqual([])
  expect(told(state, departed(early))).toEqual([])
  expect(allAgents(state).map(({ id }) => id)).toEqual(['ada', 'ada/v1'])
})

test('an agent has its own region, or its peer’s', () => {
  const state = emptyRegistry()
  const agent = { name: 'x', type: 'worker', capabilities: [], sinceMs: 1 }
  told(
    state,
    host(),
    record(1, [], {
      region: 'eu',
      agents: [
        { ...agent, id: 'a' },
        { ...agent, id: 'b', region: 'us' },
      ],
    }),
  )
  expect(allAgents(state).map(({ region }) => region)).toEqual(['eu', 'eu', 'us'])
})

describe('the index of capabilities', () => {
  const ids = (state: RegistryState, capability: string) => agentsWith(state, capability).map(({ id }) => id)

  test('finds peers and agents, and follows what changes', () => {
    const state = emptyRegistry()
    told(state, host({ capabilities: ['vote', 'text.grep'] }), record(1, ['v1']))
    expect(ids(state, 'vote').sort()).toEqual(['ada', 'ada/v1'])
    told(state, host({ capabilities: ['text.grep'] }))
    expect(ids(state, 'vote')).toEqual(['ada/v1'])
    told(state, record(2, []))
    expect(ids(state, 'vote')).toEqual([])
    expect(ids(state, 'text.grep')).toEqual(['ada'])
    told(state, departed())
    expect(ids(state, 'text.grep')).toEqual([])
  })
})

test('load and suspicion show, and are no news', () => {
  const state = emptyRegistry()
  told(state, host(), record(1, ['v1']))
  expect(told(state, host({ load: { slots: 2, busy: 2 } }))).toEqual([])
  expect(allAgents(state).map(agent => agent.state)).toEqual(['idle', 'idle'].map(() => 'busy'))
  expect(told(state, host({ state: 'suspect' }))).toEqual([])
  expect(allAgents(state).map(agent => agent.state)).toEqual(['suspect', 'suspect'])
})

test('records of those who never come are forgotten beyond the limit', () => {
  const state = emptyRegistry()
  told(state, host(), record(1, ['v1']))
  for (let stranger = 0; stranger < membersMax + 5; stranger++) {
    const input = record(1, [])
    if (input.kind === 'record') step(state, { ...input, peer: `stranger ${stranger}` as PeerId })
  }
  expect(state.records.size).toBe(membersMax)
  expect(state.records.has(ada)).toBe(true)
})

test('whatever order words come in, what is told adds up to what is listed', () => {
  const inputs = [
    host(),
    record(1, ['a']),
    record(2, ['a', 'b']),
    record(3, ['b']),
    departed(),
    host({ session: late }),
    record(1, ['c'], { session: late }),
  ]
  for (let seed = 1; seed <= 300; seed++) {
    const state = emptyRegistry()
    const listed = new Set<string>()
    for (const line of told(state, ...shuffled(seededRandom(seed), [...inputs, ...inputs]))) {
      const [what, id = ''] = line.split(' ')
      if (what === 'registered') {
        expect(listed.has(id), `seed ${seed}: ${id} twice`).toBe(false)
        listed.add(id)
      } else if (what === 'deregistered') expect(listed.delete(id), `seed ${seed}: ${id} was not there`).toBe(true)
    }
    expect([...listed].sort(), `seed ${seed}`).toEqual(
      allAgents(state)
        .map(({ id }) => id)
        .sort(),
    )
    const indexed = [...state.byCapability.values()].flatMap(agents => [...agents])
    expect(indexed.sort(), `seed ${seed}`).toEqual(
      allAgents(state)
        .flatMap(({ id, capabilities }) => capabilities.map(() => id))
        .sort(),
    )
  }
})
