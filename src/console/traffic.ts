/** Bytes per second over direct links, from counters that only grow. */
import type { PeerId } from '../base/ids.ts'
import type { LinkInfo } from '../mesh/types.ts'

export interface TrafficSample {
  readonly sentPerSecond: number
  readonly receivedPerSecond: number
  readonly perPeer: ReadonlyMap<PeerId, number>
}

export class Traffic {
  #atMs: number | undefined
  #before = new Map<string, LinkInfo>()

  /** Undefined at the first call: a rate needs two readings. */
  sample(links: readonly LinkInfo[], nowMs: number): TrafficSample | undefined {
    const seconds = this.#atMs === undefined ? 0 : (nowMs - this.#atMs) / 1_000
    const before = this.#before
    this.#atMs = nowMs
    this.#before = new Map(links.map(link => [keyOf(link), link]))
    if (seconds <= 0) return undefined

    let sent = 0
    let received = 0
    const perPeer = new Map<PeerId, number>()
    for (const link of links) {
      const old = before.get(keyOf(link))
      const sentNow = Math.max(0, link.sentBytes - (old?.sentBytes ?? 0))
      const receivedNow = Math.max(0, link.receivedBytes - (old?.receivedBytes ?? 0))
      sent += sentNow
      received += receivedNow
      perPeer.set(link.peer, (sentNow + receivedNow) / seconds)
    }
    return { sentPerSecond: sent / seconds, receivedPerSecond: received / seconds, perPeer }
  }

  clear(): void {
    this.#atMs = undefined
    this.#before.clear()
  }
}

/** A link that was opened anew counts from zero. */
function keyOf(link: LinkInfo): string {
  return `${link.peer} ${link.openedAtMs}`
}
