/** `swarm status`, `peers`, `peers ping` and `metrics`: who is here, and how it goes. */
import * as v from 'valibot'
import { defineCommand } from './command.ts'
import { columns, count, plural, roundTrip, shortId } from './format.ts'
import type { CommandMesh } from './mesh.ts'
import { choice, flag } from './options.ts'
import { peerName } from './people.ts'

const rowsOf = (mesh: CommandMesh) =>
  mesh.peers.map(({ id, name, state, link, rttMs, load, device }) => ({
    ...{ id, name, state, link, device },
    ...{ rttMs: rttMs ?? null, slots: load.slots, busy: load.busy },
  }))

function table(peers: ReturnType<typeof rowsOf>): string {
  return columns([
    ['name', 'state', 'link', 'round trip', 'load', 'id', 'device'],
    ...peers.map(({ id, name, state, link, rttMs, slots, busy, device }) => [
      ...[name, state, link, roundTrip(rttMs ?? undefined)],
      ...[`${busy} of ${slots}`, shortId(id), device],
    ]),
  ])
}

const status = defineCommand({
  name: 'swarm status',
  aliases: ['health'],
  summary: 'How this mesh is: who can be reached, who leads, what is wrong',
  options: v.strictObject({ verbose: v.optional(flag('Each peer too')) }),
  async run(mesh, { verbose = false }) {
    const { phase, problem, self, room, signaling, partition, decisions } = mesh.snapshot
    return {
      phase,
      problem: problem?.message ?? null,
      self: self.name,
      room: { name: room.name, isPrivate: room.isPrivate },
      peers: mesh.peers.length,
      suspects: mesh.peers.filter(({ state }) => state === 'suspect').map(({ name }) => name),
      links: mesh.links.length,
      agents: mesh.agents.getAll().length,
      faults: mesh.faults.list().length,
      signaling: signaling.state,
      partition: partition
        ? { side: partition.side ?? null, reachable: partition.reachable, known: partition.known }
        : null,
      decisions: decisions
        ? { state: decisions.state, quorum: decisions.quorum.sentence, leader: leaderOf(mesh), term: decisions.term }
        : null,
      rows: verbose ? rowsOf(mesh) : null,
    }
  },
  words({ phase, problem, self, room, peers, suspects, links, agents, faults, signaling, partition, decisions, rows }) {
    const side = partition?.side
      ? `cut off, on the side of the ${partition.side}: ${count(partition.reachable)} of ${count(partition.known)} can be reached`
      : undefined
    const doubt =
      suspects.length > 0 ? `${suspects.join(', ')} ${suspects.length === 1 ? 'does' : 'do'} not answer` : undefined
    const worries = [problem, side, doubt].filter(text => text)
    const facts = [
      ['Health', worries.length > 0 ? worries.join('; ') : phase === 'alone' ? 'alone in this room' : 'healthy'],
      ['Room', `${room.name}, ${room.isPrivate ? 'private' : 'public'}`],
      ['This tab', self],
      ['Peers', `${plural(peers, 'other')}, ${plural(links, 'link')} from here`],
      ['Agents', count(agents)],
      ['Signaling', signaling],
      [
        'Decisions',
        decisions
          ? `${decisions.leader ? `${decisions.leader} leads in term ${count(decisions.term)}` : decisions.state}; ${decisions.quorum}`
          : 'not begun',
      ],
      ...(faults > 0 ? [['Faults', `${plural(faults, 'fault')} on purpose; \`faults heal\` ends them`]] : []),
    ]
    return [columns(facts), ...(rows && rows.length > 0 ? [table(rows)] : [])].join('\n\n')
  },
})

function leaderOf(mesh: CommandMesh): string | null {
  const leader = mesh.snapshot.decisions?.leader
  return leader ? peerName(mesh, leader.host) : null
}

const peers = defineCommand({
  name: 'peers',
  summary: 'Who else is here, and how each is linked',
  options: v.strictObject({}),
  run: async mesh => rowsOf(mesh),
  words: rows => (rows.length > 0 ? table(rows) : 'Nobody else is here.'),
})

const ping = defineCommand({
  name: 'peers ping',
  summary: 'Asks every peer whether it is there',
  options: v.strictObject({}),
  async run(mesh) {
    const { answered, asked, outcomes } = await mesh.pingAll()
    const named = outcomes.map(outcome => ({ ...outcome, name: peerName(mesh, outcome.peer) }))
    return { answered, asked, outcomes: named }
  },
  words({ answered, asked, outcomes }) {
    if (asked === 0) return 'Nobody else is here.'
    const rows = outcomes.map(one => [
      one.name,
      one.status === 'answered' ? roundTrip(one.rttMs) : `silent: ${one.error.message}`,
    ])
    return `${count(answered)} of ${count(asked)} answered.\n${columns(rows, '  ')}`
  },
})

const metrics = defineCommand({
  name: 'agent metrics',
  aliases: ['metrics'],
  summary: 'Share of peers reachable, times of delivery, messages per second, queues',
  options: v.strictObject({
    metric: v.optional(
      choice(
        ['all', 'connectivity', 'latency', 'throughput', 'queues', 'counters'],
        'Which of them; default: all but the counters',
      ),
    ),
  }),
  examples: ['agent metrics', 'agent metrics --metric latency', 'metrics --json'],
  async run(mesh, { metric = 'all' }) {
    const { atMs, connectivity, delivery, throughput, queues, counters } = await mesh.metrics()
    const rtts = mesh.links.flatMap(({ rttMs }) => rttMs ?? [])
    const meanRttMs = rtts.length > 0 ? rtts.reduce((sum, rttMs) => sum + rttMs, 0) / rtts.length : null
    return {
      metric,
      atMs,
      connectivity,
      latency: { ...delivery, meanMs: delivery.meanMs ?? null, meanRttMs },
      throughput,
      queues,
      counters,
    }
  },
  words({ metric, connectivity, latency, throughput, queues, counters }) {
    const { critical, normal, low } = queues
    const waiting = [critical, normal, low].reduce((sum, queue) => sum + queue.waiting, 0)
    const rate = (perSecond: number) => `${count(Math.round(10 * perSecond) / 10)}/s`
    const lines: Readonly<Record<string, readonly string[]>> = {
      connectivity: [
        'Connectivity',
        `${Math.round(100 * connectivity.share)} %: ${count(connectivity.reachable)} of ${count(connectivity.known)} can be reached`,
      ],
      latency: [
        'Latency',
        `${roundTrip(latency.meanMs ?? undefined)} to deliver, mean of ${count(latency.samples)}; links ${roundTrip(latency.meanRttMs ?? undefined)}`,
      ],
      throughput: [
        'Throughput',
        `${rate(throughput.sentPerSecond)} sent, ${rate(throughput.receivedPerSecond)} received`,
      ],
      queues: [
        'Queues',
        `${count(critical.queued)} critical, ${count(normal.queued)} normal, ${count(low.queued)} low; ${count(waiting)} wait for a place`,
      ],
    }
    if (metric === 'counters')
      return (
        columns(
          Object.entries(counters)
            .sort()
            .map(([name, value]) => [name, count(value)]),
        ) || 'Nothing was counted yet.'
      )
    return columns(metric === 'all' ? Object.values(lines) : [lines[metric] ?? []])
  },
})

export const swarmCommands = [status, peers, ping, metrics]
