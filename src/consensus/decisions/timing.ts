/**
 * How fast the clocks of Raft run in this room. The leader's word counts: it tells its timing with its heartbeats, whoever follows it
 * keeps the same and would lead with it, so one change reaches all that are here and all that come. Until a peer has heard a leader it
 * has its own.
 */
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import { RAFT_PRESETS, type RaftIdentity, type RaftTiming, raftConfig } from '../raft/config.ts'
import type { RaftConfig } from '../raft/state.ts'
import type { Council } from './council.ts'
import { electionMsMax, heartbeatMsMax } from './limits.ts'
import type { TimingChoice, TimingPreset, TimingView } from './types.ts'

const milliseconds = (most: number) => {
  const says = `must be a whole number from 1 to ${most.toLocaleString('en')}`
  return v.pipe(v.number(says), v.safeInteger(says), v.minValue(1, says), v.maxValue(most, says))
}

export const timingSchema = v.strictObject({
  preset: v.picklist(['auto', 'lab', 'internet']),
  heartbeatMs: v.optional(milliseconds(heartbeatMsMax)),
  electionMs: v.optional(milliseconds(electionMsMax)),
})

export interface TimingOptions {
  readonly council: Pick<Council, 'hosted' | 'changed'>
  readonly preset: TimingPreset
  /** What an application wants otherwise than its preset has it, whatever is chosen later. */
  readonly overrides: Partial<RaftTiming>
}

export class Timing {
  readonly #options: TimingOptions
  #choice: TimingChoice

  constructor(options: TimingOptions) {
    this.#options = options
    this.#choice = { preset: options.preset }
  }

  get choice(): TimingChoice {
    return this.#choice
  }

  get isAuto(): boolean {
    return this.#choice.preset === 'auto'
  }

  get view(): TimingView {
    const { heartbeatMs, electionMs } = this.#timing(this.#choice)
    return { preset: this.#choice.preset, heartbeatMs, electionMs }
  }

  configFor(identity: RaftIdentity): RaftConfig {
    return configOf(identity, this.#timing(this.#choice))
  }

  /** At all members here, at once. Throws MeshError `invalid-option` for clocks that could not work, and changes nothing then. */
  follow(choice: TimingChoice): void {
    const { preset, heartbeatMs, electionMs } = this.#choice
    if (choice.preset === preset && choice.heartbeatMs === heartbeatMs && choice.electionMs === electionMs) return
    const timing = this.#timing(choice)
    const { council } = this.#options
    const nobody = { member: '-', generation: '-', epoch: 1, random: { next: () => 0 } } as unknown as RaftIdentity
    const { tickMs, heartbeatTicks, electionTicks, snapshotRetryTicks } = configOf(nobody, timing)
    this.#choice = choice
    for (const { driver } of council.hosted.values())
      driver.retime({ tickMs, heartbeatTicks, electionTicks, snapshotRetryTicks }, this.isAuto)
    council.changed()
  }

  /** What a leader told. False where it makes no sense: then the clocks stay as they are. */
  hears(choice: TimingChoice): boolean {
    try {
      this.follow(choice)
      return true
    } catch (thrown) {
      if (thrown instanceof MeshError) return false
      throw thrown
    }
  }

  #timing({ preset, heartbeatMs, electionMs }: TimingChoice): RaftTiming {
    const base = { ...RAFT_PRESETS[preset === 'internet' ? 'internet' : 'lab'], ...this.#options.overrides }
    const chosen = { ...base, ...(heartbeatMs && { heartbeatMs }), ...(electionMs && { electionMs }) }
    return { ...chosen, snapshotRetryMs: Math.max(chosen.snapshotRetryMs, chosen.electionMs) }
  }
}

function configOf(identity: RaftIdentity, timing: RaftTiming): RaftConfig {
  return raftConfig('lab', identity, { timing })
}
