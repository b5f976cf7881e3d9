/**
 * How fast Raft's clocks run at a member: each tick lasts `pace` times as long as the preset says. Safety never depends on it
 * (Raft paper, §5.6), so it may follow the network (preset `auto`) and sleep when nothing happens. The leader tells its pace with
 * all it sends, and who follows it keeps the same, or its silence would be taken for its end.
 *
 * Invariants
 * K1  Whoever has work, or no leader, runs at the pace that its network asks for, never slower.
 * K2  A leader rests only when everything it has is committed, nobody awaits a snapshot and nobody asked anything for a while.
 * K3  A leader that is about to rest says so for one election timeout before its own clock slows down.
 */
import { LATENESS_KEPT, LATENESS_KEPT_MS, PACE_MAX, REST_AFTER_MS, REST_HEARTBEAT_MS, STRETCH_MAX } from './limits.ts'
import type { RaftClocks } from './state.ts'

export interface PaceSettings {
  readonly heartbeatMs: number
  readonly electionMs: number
  /** Follow what is measured (preset `auto`). */
  readonly isAuto: boolean
}

export function paceSettings(clocks: RaftClocks, isAuto: boolean): PaceSettings {
  const { heartbeatTicks, electionTicks, tickMs } = clocks
  return { heartbeatMs: heartbeatTicks * tickMs, electionMs: electionTicks * tickMs, isAuto }
}

export class Pace {
  #settings: PaceSettings
  /** How late this member's ticks came lately, ms, and when. */
  readonly #lateness: { readonly byMs: number; readonly atMs: number }[] = []
  #rttMs = 0
  /** The stretch that follows from these; undefined once they change. It is asked for several times in each step. */
  #stretched: number | undefined
  #isLeading = false
  /** What the leader told; undefined without one, and after something happened here that it may not know of. */
  #told: number | undefined
  #workedAtMs = 0
  #announcedAtMs: number | undefined

  constructor(settings: PaceSettings) {
    this.#settings = settings
  }

  /** Other clocks: what the leader told was a multiple of the former. */
  retime(settings: PaceSettings): void {
    this.#settings = settings
    this.#stretched = undefined
    this.#told = undefined
    this.#announcedAtMs = undefined
  }

  /** The slowest round trip to a voter's host, ms. */
  measured(rttMs: number): void {
    this.#rttMs = rttMs
    this.#stretched = undefined
  }

  /** A tick came so much later than it was due. */
  late(byMs: number, nowMs: number): void {
    this.#lateness.push({ byMs: Math.max(0, byMs), atMs: nowMs })
    if (this.#lateness.length > LATENESS_KEPT) this.#lateness.shift()
    this.#stretched = undefined
    this.#forget(nowMs)
  }

  /** Something is to be done: nobody rests. */
  worked(nowMs: number): void {
    this.#forget(nowMs)
    this.#workedAtMs = nowMs
    this.#announcedAtMs = undefined
    this.#told = undefined
  }

  heard(pace: number): void {
    this.#told = Math.min(PACE_MAX, Math.max(1, pace))
  }

  role(isLeading: boolean, hasLeader: boolean, nowMs: number): void {
    if (isLeading && !this.#isLeading) this.worked(nowMs)
    if (!hasLeader) this.#told = undefined
    this.#isLeading = isLeading
  }

  /** Whether the leader may rest now, and if so since when it says that it will. */
  rest(isIdle: boolean, nowMs: number): void {
    const isQuiet = this.#isLeading && isIdle && nowMs - this.#workedAtMs >= REST_AFTER_MS
    if (!isQuiet) this.#announcedAtMs = undefined
    else this.#announcedAtMs ??= nowMs
  }

  /** By which this member's clock runs. */
  own(nowMs: number): number {
    if (!this.#isLeading) return Math.max(this.#told ?? 0, this.#stretch())
    const isResting = this.#announcedAtMs !== undefined && nowMs - this.#announcedAtMs >= this.#graceMs()
    return isResting ? this.#resting() : this.#stretch()
  }

  /** What a leader tells its followers. */
  said(): number {
    return this.#announcedAtMs !== undefined ? this.#resting() : this.#stretch()
  }

  get isResting(): boolean {
    return this.#announcedAtMs !== undefined
  }

  /** Never beyond PACE_MAX, or followers could not keep it and would take the rest for the leader's end. */
  #resting(): number {
    const restFactor = Math.floor(REST_HEARTBEAT_MS / this.#settings.heartbeatMs)
    return Math.max(this.#stretch(), Math.min(PACE_MAX, Math.max(1, restFactor)))
  }

  /** What made the machine slow, such as a page that loads, may be over. */
  #forget(nowMs: number): void {
    while (this.#lateness[0] && nowMs - this.#lateness[0].atMs > LATENESS_KEPT_MS) {
      this.#lateness.shift()
      this.#stretched = undefined
    }
  }

  #graceMs(): number {
    return this.#settings.electionMs * this.#stretch()
  }

  #stretch(): number {
    this.#stretched ??= this.#settings.isAuto ? this.#stretchNow() : 1
    return this.#stretched
  }

  /** An election timeout must hold ten round trips, and four of the worst delays of our own ticks. */
  #stretchNow(): number {
    const worstMs = this.#lateness.length === 0 ? 0 : percentile90(this.#lateness.map(({ byMs }) => byMs))
    const neededMs = Math.max(10 * this.#rttMs, 4 * worstMs)
    return Math.min(STRETCH_MAX, Math.max(1, Math.ceil(neededMs / this.#settings.electionMs)))
  }
}

/** One late tick among a few is no slow machine: of less than eleven values it is not the greatest. */
function percentile90(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.floor((sorted.length - 1) * 0.9)] ?? 0
}
