/** What one peer remembers of rumours: small things that everybody should hear of for a while. Pure data. */
import type { PeerId } from '../../../base/ids.ts'

export interface Rumour {
  readonly id: string
  readonly payload: Uint8Array
  /** After this nobody passes it on any more, by each peer's own clock, ms. */
  readonly ttlMs: number
}

export interface Known {
  readonly rumour: Rumour
  readonly untilMs: number
  /** How often others turned out to know it; after `quenchedAfter` times it is no news. */
  heard: number
}

/** A rumour that others offered and that has not come yet. */
export interface Wanted {
  /** Who offered it; asked in turn. */
  readonly from: PeerId[]
  tries: number
  againAtMs: number
}

export interface RumourSettings {
  readonly intervalMs: number
  readonly fanout: number
  readonly antiEntropy: boolean
  readonly antiEntropyIntervalMs: number
}

export interface RumourState {
  settings: RumourSettings
  readonly known: Map<string, Known>
  /** Ids that were known once and are over, so that they do not come back; the oldest are forgotten. */
  readonly over: Set<string>
  readonly wanted: Map<string, Wanted>
  /** Peers that owe an answer to a full offer, and when they are asked again. */
  readonly owing: Map<PeerId, { tries: number; againAtMs: number }>
  roundAtMs: number
  fullRoundAtMs: number
}

export function initialRumours(settings: RumourSettings, nowMs: number): RumourState {
  return {
    settings,
    known: new Map(),
    over: new Set(),
    wanted: new Map(),
    owing: new Map(),
    roundAtMs: nowMs,
    fullRoundAtMs: nowMs,
  }
}
