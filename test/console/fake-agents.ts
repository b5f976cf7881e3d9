/** Agents of a mesh that is not there: every peer one, a guest at the first, and whatever a person registers. */
import type { PeerId } from '../../src/base/ids.ts'
import type { AwayAgent } from '../../src/consensus/keeping/records.ts'
import { type AgentsHandle, agentsHandle } from '../../src/engine/agents-handle.ts'
import type { AgentInfo, AgentSpec, PeerInfo, Reachability } from '../../src/mesh/types.ts'
import { fakeCounters } from './fake-scene.ts'

type Host = Pick<PeerInfo, 'id' | 'name' | 'capabilities' | 'joinedAtMs' | 'state'>

const types = ['coordinator', 'worker', 'worker', 'validator']

export class FakeAgents {
  readonly handle: AgentsHandle
  readonly #self: () => Host
  readonly #peers: () => readonly PeerInfo[]
  #registered: readonly AgentInfo[] = []

  constructor(
    self: () => Host,
    peers: () => readonly PeerInfo[],
    away: () => readonly AwayAgent[],
    changed: () => void,
  ) {
    this.#self = self
    this.#peers = peers
    this.handle = agentsHandle(
      {
        registerAgent: async spec => {
          const { id, joinedAtMs } = self()
          const agent = guestOf(id, spec.id ?? `agent-${this.#registered.length + 1}`, spec, joinedAtMs)
          this.#registered = [...this.#registered, agent]
          changed()
          return agent
        },
        deregisterAgent: async id => {
          this.#registered = this.#registered.filter(agent => agent.id !== id)
          changed()
        },
      },
      () => this.list,
      away,
    )
  }

  get shown() {
    return { agents: this.list, away: this.handle.away() }
  }

  get list(): readonly AgentInfo[] {
    return [this.#self(), ...this.#peers()].flatMap((host, index) => {
      const { id, name, capabilities, joinedAtMs, state } = host
      const agent: AgentInfo = {
        id,
        peer: id,
        isPeer: true,
        name,
        type: types[index % types.length] ?? 'worker',
        capabilities,
        region: index % 3 ? 'eu-central' : 'us-east',
        state: state === 'suspect' ? 'suspect' : index % 3 === 1 ? 'busy' : 'idle',
        sinceMs: joinedAtMs,
      }
      if (index === 0) return [agent, ...this.#registered]
      const vera = { name: 'Vera', type: 'validator', capabilities: ['vote', 'recompute'] }
      return index === 1 ? [agent, guestOf(id, 'vera', vera, joinedAtMs)] : [agent]
    })
  }
}

export function fakePing(peers: readonly PeerInfo[]): Reachability {
  const outcomes = peers.map(({ id, rttMs, state }) =>
    state === 'suspect'
      ? ({ peer: id, status: 'silent', error: { code: 'timeout', message: 'no answer within 5000 ms' } } as const)
      : ({ peer: id, status: 'answered', rttMs: rttMs ?? 3 } as const),
  )
  return { answered: outcomes.filter(({ status }) => status === 'answered').length, asked: outcomes.length, outcomes }
}

export function fakeFigures(peers: number) {
  return {
    atMs: Date.now(),
    connectivity: { share: 1, reachable: peers, known: peers },
    delivery: { meanMs: 1.7, samples: 214 },
    throughput: { sentPerSecond: 21.4, receivedPerSecond: 63.9 },
    gossip: {
      topics: [
        {
          topic: 'shared.update',
          published: 42,
          delivered: 120,
          duplicates: 31,
          dropped: {},
          sentBytes: 9_400,
          receivedBytes: 27_100,
        },
        {
          topic: 'chat',
          published: 3,
          delivered: 9,
          duplicates: 2,
          dropped: { unheard: 1 },
          sentBytes: 610,
          receivedBytes: 1_830,
        },
      ],
      batches: { sent: 44, received: 118, duplicates: 30 },
    },
    queues: {
      critical: { queued: 0, waiting: 0 },
      normal: { queued: 2, waiting: 0 },
      low: { queued: 0, waiting: 0 },
    },
    counters: fakeCounters,
  }
}

function guestOf(peer: PeerId, id: string, spec: AgentSpec, sinceMs: number): AgentInfo {
  const { name = id, type = 'worker', capabilities = [], region } = spec
  return { id: `${peer}/${id}`, peer, isPeer: false, name, type, capabilities, region, state: 'idle', sinceMs }
}
