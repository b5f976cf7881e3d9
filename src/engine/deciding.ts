/** The engine's hold on the room's decisions: opened once the tab is usable, shown in its snapshot, told to its page. */
import type { Clock } from '../base/clock.ts'
import { type MeshError, toMeshError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import type { DecisionsService } from '../consensus/decisions/decisions.ts'
import type { DecidedChange, DecidedCommand, DecisionsView, LeaderInfo } from '../consensus/decisions/types.ts'
import type { Push } from './protocol.ts'
import type { Timeline } from './timeline.ts'

/** The view is made anew at most this often, ms: it holds a piece of the log. */
const viewIntervalMs = 100

export interface DecidingOptions {
  readonly clock: Clock
  readonly open: () => Promise<DecisionsService>
  readonly push: (message: Push) => void
  readonly timeline: Timeline
  readonly nameOf: (leader: LeaderInfo) => string
  /** Whoever votes here is linked to those that vote elsewhere. */
  readonly requireLinks: (peers: ReadonlySet<PeerId>) => void
  readonly onChange: () => void
  readonly onTrouble: (error: MeshError) => void
}

export class Deciding {
  /** Resolves when this peer can decide; rejects if it cannot. */
  readonly service: Promise<DecisionsService>
  readonly #options: DecidingOptions
  readonly #start: (service: Promise<DecisionsService>) => void
  #opened: DecisionsService | undefined
  #view: DecisionsView | undefined
  #voters: readonly PeerId[] = []
  #isDue = false
  #isLeaving = false
  /** Whether the page wants to hear of each decision. */
  isWatched = false

  constructor(options: DecidingOptions) {
    this.#options = options
    const { promise, resolve } = Promise.withResolvers<DecisionsService>()
    this.service = promise
    this.#start = resolve
    promise.catch(() => {}) // told below, and to whoever decides
  }

  get view(): DecisionsView | undefined {
    return this.#view
  }

  get leader(): LeaderInfo | undefined {
    return this.#opened?.leader
  }

  async open(): Promise<void> {
    if (this.#isLeaving) return
    const opening = this.#options.open()
    this.#start(opening)
    try {
      const service = await opening
      this.#opened = service
      service.on('leader', leader => this.#leaderChanged(leader))
      service.on('decision', detail => this.isWatched && this.#told(detail))
      service.on('change', () => this.#refresh())
      service.on('problem', error => this.#options.timeline.add('problem', error.message))
      this.#refresh()
      await service.start()
    } catch (thrown) {
      this.#options.onTrouble(toMeshError(thrown, 'unsupported'))
    }
  }

  async leave(): Promise<void> {
    this.#isLeaving = true
    await this.#opened?.leave()
  }

  /** The page is about to stop: whoever leads here would lead nobody. */
  freezing(): void {
    void this.#opened?.yieldLeadership()
  }

  #told(detail: DecidedChange | DecidedCommand): void {
    this.#options.push({ kind: 'event', name: 'decision', detail })
  }

  #leaderChanged(leader: LeaderInfo | undefined): void {
    const { push, timeline, nameOf } = this.#options
    const said = leader ? `${nameOf(leader)} leads the decisions (term ${leader.term})` : 'Nobody leads the decisions'
    timeline.add('decision', said, leader?.host)
    push({ kind: 'event', name: 'leader', detail: leader })
    this.#refresh()
  }

  #refresh(): void {
    if (this.#isDue) return
    this.#isDue = true
    const make = () => {
      this.#isDue = false
      this.#view = this.#opened?.view
      this.#linkVoters()
      this.#options.onChange()
    }
    if (this.#view) this.#options.clock.after(viewIntervalMs, make)
    else make()
  }

  #linkVoters(): void {
    const isVoter = this.#view?.members.some(({ isHostedHere, seat }) => isHostedHere && seat === 'voter') ?? false
    const voters = isVoter ? [...(this.#opened?.voterHosts ?? [])].sort() : []
    if (voters.join() === this.#voters.join()) return
    this.#voters = voters
    this.#options.requireLinks(new Set(voters))
  }
}
