/** What the server counts, and its Prometheus text (exposition format 0.0.4). Label values are from closed lists: nothing of any room. */
import type { ClientMessage, SignalingErrorCode } from '../src/link/signaling/protocol.ts'

export type RefusalReason = 'origin' | 'server-full' | 'too-many-sockets' | 'too-many-arrivals' | 'stopping'

/** Read at the moment of asking; everything else only grows. */
export interface Gauges {
  readonly sockets: number
  readonly rooms: number
  readonly members: number
  readonly uptimeSeconds: number
}

export class Metrics {
  readonly #messages = new Map<string, number>()
  readonly #errors = new Map<string, number>()
  readonly #closes = new Map<string, number>()
  readonly #refusals = new Map<string, number>()
  #socketsOpened = 0
  #receivedBytes = 0
  #sentBytes = 0
  #storeFailures = 0

  socketOpened(): void {
    this.#socketsOpened += 1
  }

  /** `code` is as either side gave it; codes outside the protocol count as `other`, since a client may invent them. */
  socketClosed(code: number): void {
    const isKnown = (code >= 1000 && code <= 1015) || (code >= 4400 && code <= 4503)
    add(this.#closes, isKnown ? String(code) : 'other')
  }

  socketRefused(reason: RefusalReason): void {
    add(this.#refusals, reason)
  }

  received(bytes: number): void {
    this.#receivedBytes += bytes
  }

  sent(bytes: number): void {
    this.#sentBytes += bytes
  }

  handled(kind: ClientMessage['kind']): void {
    add(this.#messages, kind)
  }

  answeredError(code: SignalingErrorCode): void {
    add(this.#errors, code)
  }

  storeFailed(): void {
    this.#storeFailures += 1
  }

  get refused(): number {
    return [...this.#refusals.values()].reduce((sum, value) => sum + value, 0)
  }

  text(gauges: Gauges): string {
    return [
      family('sockets', 'gauge', 'Open sockets.', gauges.sockets),
      family('rooms', 'gauge', 'Rooms with at least one member.', gauges.rooms),
      family('members', 'gauge', 'Members of all rooms.', gauges.members),
      family('uptime_seconds', 'gauge', 'Seconds since this process began to serve.', gauges.uptimeSeconds),
      family('sockets_opened_total', 'counter', 'Sockets accepted.', this.#socketsOpened),
      family('sockets_closed_total', 'counter', 'Sockets closed, by close code.', this.#closes, 'code'),
      family('sockets_refused_total', 'counter', 'Sockets refused at the door, by reason.', this.#refusals, 'reason'),
      family('messages_total', 'counter', 'Messages accepted from clients, by kind.', this.#messages, 'kind'),
      family('errors_total', 'counter', 'Messages answered with an error, by its code.', this.#errors, 'code'),
      family('received_bytes_total', 'counter', 'Bytes of messages from clients.', this.#receivedBytes),
      family('sent_bytes_total', 'counter', 'Bytes of messages to clients.', this.#sentBytes),
      family('store_failures_total', 'counter', 'Calls to the room store that failed.', this.#storeFailures),
      family('resident_memory_bytes', 'gauge', 'Resident memory of this process.', process.memoryUsage.rss()),
    ].join('')
  }
}

export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8'

function add(counts: Map<string, number>, label: string): void {
  counts.set(label, (counts.get(label) ?? 0) + 1)
}

function family(
  name: string,
  type: 'gauge' | 'counter',
  help: string,
  value: number | ReadonlyMap<string, number>,
  label = '',
): string {
  const fullName = `tabmesh_signaling_${name}`
  const samples =
    typeof value === 'number'
      ? [`${fullName} ${value}`]
      : [...value].map(([labelValue, count]) => `${fullName}{${label}="${labelValue}"} ${count}`)
  return [`# HELP ${fullName} ${help}`, `# TYPE ${fullName} ${type}`, ...samples, ''].join('\n')
}
