/** A fault in a person's words; the timeline and the console say the same. */
import type { PeerId } from '../base/ids.ts'
import type { FaultCommand } from '../mesh/types.ts'

/** Peers named; of more, how many. */
const namedMax = 3

export function faultWords(command: FaultCommand, nameOf: (peer: PeerId) => string): string {
  if (command.kind === 'partition')
    return `Partition: ${command.groups.map(group => groupWords(group, nameOf)).join(' | ')}`
  const who = command.peers === 'all' ? undefined : listed(command.peers, nameOf)
  if (command.kind === 'pause') return `Pause of ${who ?? 'everybody'}`
  const way = command.direction === 'both' ? '' : command.direction === 'out' ? ', outgoing only' : ', incoming only'
  const where = `${who === undefined ? 'all links' : `links to ${who}`}${way}`
  if (command.kind === 'cut') return `Cut of ${where}`
  if (command.kind === 'delay') return `${delayWords(command.ms, command.jitterMs)} on ${where}`
  const what = { loss: 'lost', duplicate: 'doubled', reorder: 'overtaken' }[command.kind]
  return `${Math.round(command.share * 1_000) / 10} % ${what} on ${where}`
}

function delayWords(ms: number, jitterMs: number): string {
  if (ms === 0) return `Jitter of up to ${jitterMs} ms`
  return jitterMs === 0 ? `Delay of ${ms} ms` : `Delay of ${ms} to ${ms + jitterMs} ms`
}

function groupWords(group: readonly PeerId[], nameOf: (peer: PeerId) => string): string {
  return group.length === 0 ? 'the others' : listed(group, nameOf)
}

function listed(peers: readonly PeerId[], nameOf: (peer: PeerId) => string): string {
  if (peers.length > namedMax) return `${peers.length} peers`
  return peers.map(nameOf).join(', ')
}
