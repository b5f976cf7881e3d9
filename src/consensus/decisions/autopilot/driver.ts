/** Lets Autopilot look at the room while this peer hosts the leader, and proposes what it plans. */
import * as v from 'valibot'
import type { Clock } from '../../../base/clock.ts'
import { MeshError } from '../../../base/errors.ts'
import type { Mesh } from '../../../mesh/types.ts'
import { membersOf } from '../../raft/confchange.ts'
import type { MemberId } from '../../raft/messages.ts'
import type { Council } from '../council.ts'
import type { HostedMember } from '../hosted.ts'
import { attemptTimeoutMs, autopilotIntervalMs, hostRecordsMax } from '../limits.ts'
import { retireSchema, topics } from '../wire.ts'
import { autopilotState, type Seen } from './state.ts'
import { step } from './step.ts'

/** Entries a learner may lack and still count as caught up. */
const caughtUpEntries = 100
/** How long a leaving peer waits for its members to be let go, ms. */
const leaveWaitMs = 2_500

export interface AutopilotOptions {
  readonly clock: Clock
  readonly mesh: Pick<Mesh, 'request' | 'handle'>
  readonly council: Council
  readonly count: (counter: string) => void
}

export class AutopilotDriver {
  readonly #options: AutopilotOptions
  readonly #leaving = new Set<MemberId>()
  readonly #stops: (() => void)[]
  #state = autopilotState()
  #term = 0
  #isProposing = false

  constructor(options: AutopilotOptions) {
    this.#options = options
    const { clock, mesh, council } = options
    let isDue = false
    const soon = () => {
      if (isDue || !council.leading) return
      isDue = true
      clock.after(autopilotIntervalMs / 10, () => {
        isDue = false
        void this.#look()
      })
    }
    this.#stops = [
      clock.every(autopilotIntervalMs, () => void this.#look()),
      council.events.on('leader', soon),
      mesh.handle(topics.retire, payload => this.#retire(payload)),
    ]
  }

  /** Asks the leader to let these members go, and waits until they are gone or nobody can tell. */
  async leave(hosted: readonly HostedMember[]): Promise<void> {
    const { council, mesh, clock } = this.#options
    const { voters } = council.membership
    const staying = voters.filter(voter => !council.hosted.has(voter) && council.isLive(voter))
    const host = council.leader?.host
    // Without others that vote, or learn, there is nobody to leave it to: the disk stays, and with it what was decided.
    const others = [...membersOf(council.membership)].some(one => !council.hosted.has(one) && council.isLive(one))
    if (!host || !others || (staying.length === 0 && host !== council.self.peer)) return
    for (const { member, record } of hosted) {
      const request = { generation: record.generation, member }
      if (host === council.self.peer) this.#retire(request)
      else await mesh.request(host, topics.retire, request, { timeoutMs: attemptTimeoutMs, retries: 1 }).catch(() => {})
    }
    const isGone = () =>
      hosted.every(({ member }) => !membersOf(council.membership).has(member) || !council.hosted.has(member))
    if (isGone()) return
    await new Promise<void>(resolve => {
      const end = () => {
        stop()
        off()
        resolve()
      }
      const stop = clock.after(leaveWaitMs, end)
      const off = council.events.on('change', () => isGone() && end())
    })
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }

  #retire(payload: unknown): null {
    const parsed = v.safeParse(retireSchema, payload)
    if (!parsed.success) throw new MeshError('malformed', v.summarize(parsed.issues))
    const { council } = this.#options
    if (council.leading?.record.generation !== parsed.output.generation)
      throw new MeshError('no-quorum', 'no leader lives here')
    if (this.#leaving.size < hostRecordsMax) this.#leaving.add(parsed.output.member)
    void this.#look()
    return null
  }

  async #look(): Promise<void> {
    const { council, clock, count } = this.#options
    const leading = council.leading
    if (!leading || this.#isProposing) return
    const { view } = leading.driver
    if (view.term !== this.#term) {
      this.#term = view.term
      this.#state = autopilotState() // what a former leader saw may be long over
    }
    const { membership } = view
    const plan = step(this.#state, {
      nowMs: clock.monotonicMs(),
      self: leading.member,
      membership,
      seen: this.#seen(leading),
    })
    for (const member of this.#leaving) if (!membersOf(membership).has(member)) this.#leaving.delete(member)
    if (!plan) return
    this.#isProposing = true
    const answer = await leading.driver.reconfigure(plan.change)
    this.#isProposing = false
    count(`decisions.autopilot.${answer.kind === 'done' ? 'changes' : 'refused'}`)
  }

  #seen({ driver: { view }, member: self }: HostedMember): Seen[] {
    const { council } = this.#options
    const progress = new Map(view.progress().map(one => [one.member, one]))
    const members = new Set([...membersOf(view.membership), ...council.table.records.map(({ member }) => member)])
    return [...members].map(member => {
      const host = council.liveHostOf(member)
      const { match = 0, state } = progress.get(member) ?? {}
      const isCaughtUp =
        member === self || (state !== undefined && match > 0 && match + caughtUpEntries >= view.lastIndex)
      const device = host === undefined ? undefined : council.deviceOf(host)
      return { member, host, device, isLive: host !== undefined, isCaughtUp, isLeaving: this.#leaving.has(member) }
    })
  }
}
