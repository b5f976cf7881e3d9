/** The last two minutes, one sample a second, as columns for charts. Never changed: `with` gives the next one. */
import type { PeerId } from '../base/ids.ts'
import type { MeshSnapshot } from '../engine/snapshot.ts'
import { historySamplesMax } from './limits.ts'
import type { TrafficSample } from './traffic.ts'

export interface Sample {
  readonly atMs: number
  readonly sentPerSecond: number | null
  readonly receivedPerSecond: number | null
  /** Percent of this tab's slots in use. */
  readonly ownLoad: number | null
  /** Percent of all slots of the room in use. */
  readonly roomLoad: number | null
  readonly rttMs: ReadonlyMap<PeerId, number>
}

type Source = Pick<MeshSnapshot, 'self' | 'peers' | 'links'>

export class History {
  readonly samples: readonly Sample[]

  constructor(samples: readonly Sample[] = []) {
    this.samples = samples
  }

  with({ self, peers, links }: Source, traffic: TrafficSample | undefined, atMs: number): History {
    const loads = [self.load, ...peers.map(peer => peer.load)]
    const sample: Sample = {
      atMs,
      sentPerSecond: traffic?.sentPerSecond ?? null,
      receivedPerSecond: traffic?.receivedPerSecond ?? null,
      ownLoad: percentBusy([self.load]),
      roomLoad: percentBusy(loads),
      rttMs: new Map(links.flatMap(link => (link.rttMs === undefined ? [] : [[link.peer, link.rttMs] as const]))),
    }
    return new History([...this.samples, sample].slice(-historySamplesMax))
  }

  /** Seconds since 1970, for the time axis. */
  get seconds(): number[] {
    return this.samples.map(sample => sample.atMs / 1_000)
  }
}

/** Null where nobody has slots: nothing to be busy with. */
export function percentBusy(loads: readonly { readonly slots: number; readonly busy: number }[]): number | null {
  const slots = loads.reduce((sum, load) => sum + load.slots, 0)
  const busy = loads.reduce((sum, load) => sum + load.busy, 0)
  return slots === 0 ? null : (100 * busy) / slots
}
