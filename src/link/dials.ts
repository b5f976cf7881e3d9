/** How each dial went: which stages it passed and when, and where it stopped. Bounded. */
import type { Clock } from '../base/clock.ts'
import type { PeerId } from '../base/ids.ts'
import { type DialRecord, type DialStage, dialStages } from './facts.ts'
import { dialRecordsMax, dialRecordsPerPeerMax } from './limits.ts'

/** A dial as the engine keeps it; what a person can do about a failure is told on the page (`dial-advice.ts`). */
export type LoggedDial = Omit<DialRecord, 'failure'> & {
  readonly failure: Omit<NonNullable<DialRecord['failure']>, 'advice'> | undefined
}

interface Entry {
  record: LoggedDial
  readonly startMs: number
}

export class DialLog {
  readonly #clock: Clock
  /** By attempt, oldest first. */
  readonly #entries = new Map<string, Entry>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get records(): readonly LoggedDial[] {
    return [...this.#entries.values()].map(({ record }) => record)
  }

  begin(attempt: string, peer: PeerId, role: LoggedDial['role']): void {
    const { nowMs: startedAtMs, monotonicMs: startMs } = {
      nowMs: this.#clock.nowMs(),
      monotonicMs: this.#clock.monotonicMs(),
    }
    const open = { stages: [], outcome: 'running', tookMs: undefined, failure: undefined } as const
    this.#entries.set(attempt, { record: { peer, role, startedAtMs, ...open }, startMs })
    this.#trim(peer)
  }

  /** Only the first time counts: candidates come in numbers. */
  pass(attempt: string, stage: DialStage): void {
    const entry = this.#entries.get(attempt)
    if (entry?.record.outcome !== 'running') return
    const { record } = entry
    if (record.stages.some(passed => passed.stage === stage)) return
    entry.record = { ...record, stages: [...record.stages, { stage, ms: this.#sinceMs(entry) }] }
  }

  /** A stage above the link, where attempts are not known: that of the newest attempt whose channel is open. */
  passOf(peer: PeerId, stage: 'secured' | 'admitted'): void {
    const [attempt] = [...this.#entries].findLast(
      ([, { record }]) =>
        record.peer === peer && record.outcome === 'running' && record.stages.some(passed => passed.stage === 'opened'),
    ) ?? [undefined]
    if (attempt === undefined) return
    this.pass(attempt, stage)
    if (stage === 'admitted') this.#end(attempt, 'linked', undefined)
  }

  yielded(attempt: string): void {
    this.#end(attempt, 'yielded', undefined)
  }

  /** The attempt is over. It failed if it did not come to a link before. */
  ended(attempt: string, reason: string): void {
    const { record } = this.#entries.get(attempt) ?? {}
    const stage = dialStages.find(stage => !record?.stages.some(passed => passed.stage === stage)) ?? 'admitted'
    this.#end(attempt, 'failed', { stage, reason })
  }

  #end(attempt: string, outcome: LoggedDial['outcome'], failure: LoggedDial['failure']): void {
    const entry = this.#entries.get(attempt)
    if (entry?.record.outcome !== 'running') return
    entry.record = { ...entry.record, outcome, failure, tookMs: this.#sinceMs(entry) }
  }

  #sinceMs({ startMs }: Entry): number {
    return Math.round((this.#clock.monotonicMs() - startMs) * 10) / 10
  }

  #trim(peer: PeerId): void {
    const ofPeer = [...this.#entries].filter(([, { record }]) => record.peer === peer)
    const [oldestOfPeer] = ofPeer
    if (oldestOfPeer && ofPeer.length > dialRecordsPerPeerMax) this.#entries.delete(oldestOfPeer[0])
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined && this.#entries.size > dialRecordsMax) this.#entries.delete(oldest)
  }
}
