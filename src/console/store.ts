/**
 * What the elements read: the session's latest snapshot, cut into cells, at most ten times a second and never while the page is hidden.
 * The store also keeps what only a viewer needs: who has just left, traffic per second, and two minutes of history.
 */
import type { PeerId } from '../base/ids.ts'
import type { DecisionsView, LeaderInfo } from '../consensus/decisions/types.ts'
import type { MeshHandle } from '../engine/handle.ts'
import type { MeshSnapshot, TimelineEvent } from '../engine/snapshot.ts'
import type { PeerInfo } from '../mesh/types.ts'
import type { JobView } from '../work/types.ts'
import { Cell } from './cell.ts'
import { History } from './history.ts'
import { departedShownMs, namesRememberedMax, timelineRowsMax } from './limits.ts'
import { PacedFrame } from './paced-frame.ts'
import type { RoomLink } from './room-url.ts'
import type { Failure, Session } from './session.ts'
import { Traffic } from './traffic.ts'

export interface Departed {
  readonly peer: PeerInfo
  readonly leftAtMs: number
}

export class ConsoleStore {
  readonly session: Session
  readonly handle = new Cell<MeshHandle | undefined>(undefined)
  readonly link = new Cell<RoomLink | undefined>(undefined)
  readonly failure = new Cell<Failure | undefined>(undefined)
  readonly phase = new Cell<MeshSnapshot['phase']>('joining')
  readonly steps = new Cell<MeshSnapshot['steps']>([])
  readonly problem = new Cell<MeshSnapshot['problem']>(undefined)
  readonly self = new Cell<MeshSnapshot['self'] | undefined>(undefined)
  readonly room = new Cell<MeshSnapshot['room'] | undefined>(undefined)
  readonly signaling = new Cell<MeshSnapshot['signaling'] | undefined>(undefined)
  readonly peers = new Cell<readonly PeerInfo[]>([])
  readonly links = new Cell<MeshSnapshot['links']>([])
  readonly jobs = new Cell<readonly JobView[]>([])
  /** Who decides, and what; undefined where the engine does not say. */
  readonly decisions = new Cell<DecisionsView | undefined>(undefined)
  /** Apart from the rest, which changes with each decision. */
  readonly leader = new Cell<LeaderInfo | undefined>(undefined)
  /** Who led before, as this page saw it: the engine's history begins with the first election it sees. */
  readonly leaderBefore = new Cell<LeaderInfo | undefined>(undefined)
  readonly shared = new Cell<MeshSnapshot['shared']>(undefined)
  readonly counters = new Cell<MeshSnapshot['counters']>({})
  readonly agents = new Cell<MeshSnapshot['agents']>([])
  readonly away = new Cell<MeshSnapshot['away']>([])
  /** What the room has set for everybody; undefined until this tab knows. */
  readonly settings = new Cell<MeshSnapshot['settings']>(undefined)
  readonly faults = new Cell<MeshSnapshot['faults']>([])
  readonly partition = new Cell<MeshSnapshot['partition']>(undefined)
  readonly shutdown = new Cell<MeshSnapshot['shutdown']>(undefined)
  readonly timeline = new Cell<readonly TimelineEvent[]>([])
  readonly departed = new Cell<readonly Departed[]>([])
  /** The peer whose card is open. */
  readonly selected = new Cell<PeerId | undefined>(undefined)
  /** Who would be on the other side of a partition that somebody is about to ask for, and whether it is being drawn. */
  readonly otherSide = new Cell<readonly PeerId[]>([])
  readonly isParting = new Cell(false)
  /** Bytes per second over each direct link, both ways together. */
  readonly rates = new Cell<ReadonlyMap<PeerId, number>>(new Map())
  readonly history = new Cell<History>(new History())
  /** Wall clock, ms, once a second: relative times count by it. */
  readonly nowMs: Cell<number>

  readonly #clock: () => number
  readonly #frame: PacedFrame
  readonly #names = new Map<PeerId, string>()
  readonly #traffic = new Traffic()
  readonly #offs: (() => void)[]
  #seconds: ReturnType<typeof setInterval> | undefined

  constructor(session: Session, clock: () => number = Date.now) {
    this.session = session
    this.#clock = clock
    this.nowMs = new Cell(clock())
    this.#frame = new PacedFrame(() => this.#flush())
    this.#offs = [session.onChange(() => this.#frame.request())]
    document.addEventListener('visibilitychange', this.#onVisibility)
    this.#onVisibility()
    this.#flush()
  }

  close(): void {
    for (const off of this.#offs) off()
    document.removeEventListener('visibilitychange', this.#onVisibility)
    clearInterval(this.#seconds)
    this.#frame.close()
  }

  /** The name of a peer, this tab and those who left included; undefined for one that was never seen. */
  nameOf(id: PeerId): string | undefined {
    const self = this.self.value
    if (self?.id === id) return self.name
    return this.peers.value.find(peer => peer.id === id)?.name ?? this.#names.get(id)
  }

  #flush(): void {
    const { handle, snapshot, failure, link } = this.session
    if (handle !== this.handle.value) this.#follow(handle)
    this.handle.set(handle)
    this.link.set(link)
    this.failure.set(failure)
    this.phase.set(failure ? 'failed' : (snapshot?.phase ?? 'joining'))
    this.steps.set(snapshot?.steps ?? [])
    this.problem.set(snapshot?.problem)
    this.self.set(snapshot?.self)
    this.room.set(snapshot?.room)
    this.signaling.set(snapshot?.signaling)
    this.#notice(snapshot?.peers ?? [])
    this.links.set(snapshot?.links ?? [])
    this.jobs.set(snapshot?.jobs ?? [])
    this.decisions.set(snapshot?.decisions)
    this.#noticeLeader(snapshot?.decisions?.leader)
    this.shared.set(snapshot?.shared)
    this.counters.set(snapshot?.counters ?? {})
    this.agents.set(snapshot?.agents ?? [])
    this.away.set(snapshot?.away ?? [])
    this.settings.set(snapshot?.settings)
    this.faults.set(snapshot?.faults ?? [])
    this.partition.set(snapshot?.partition)
    this.shutdown.set(snapshot?.shutdown)
    this.#readTimeline(handle)
  }

  /** Another mesh: what was seen in the old one means nothing here. */
  #follow(handle: MeshHandle | undefined): void {
    this.selected.set(undefined)
    this.otherSide.set([])
    this.isParting.set(false)
    this.departed.set([])
    this.peers.set([])
    this.leader.set(undefined)
    this.leaderBefore.set(undefined)
    this.#traffic.clear()
    if (handle) this.history.set(new History())
  }

  #noticeLeader(leader: LeaderInfo | undefined): void {
    const before = this.leader.value
    if (before && before.term !== leader?.term) this.leaderBefore.set(before)
    this.leader.set(leader)
  }

  #notice(peers: readonly PeerInfo[]): void {
    const here = new Set(peers.map(peer => peer.id))
    const leftAtMs = this.#clock()
    const gone = this.peers.value.filter(peer => !here.has(peer.id)).map(peer => ({ peer, leftAtMs }))
    const still = this.departed.value.filter(({ peer }) => !here.has(peer.id))
    if (gone.length > 0 || still.length < this.departed.value.length) this.departed.set([...still, ...gone])
    const selected = this.selected.value
    if (selected && gone.some(({ peer }) => peer.id === selected)) this.selected.set(undefined)
    this.otherSide.set(this.otherSide.value.filter(id => here.has(id) || id === this.self.value?.id))
    this.#remember(gone)
    this.peers.set(peers)
  }

  /** History names those who are no longer here. The oldest are forgotten first. */
  #remember(gone: readonly Departed[]): void {
    for (const { peer } of gone) {
      this.#names.delete(peer.id)
      this.#names.set(peer.id, peer.name)
      const oldest = this.#names.keys().next().value
      if (oldest && this.#names.size > namesRememberedMax) this.#names.delete(oldest)
    }
  }

  #readTimeline(handle: MeshHandle | undefined): void {
    const lines = handle?.timeline ?? []
    const shown = this.timeline.value
    if (lines.at(-1)?.sequence === shown.at(-1)?.sequence && lines.length === shown.length) return
    this.timeline.set(lines.slice(-timelineRowsMax))
  }

  readonly #onVisibility = (): void => {
    clearInterval(this.#seconds)
    this.#seconds = document.hidden ? undefined : setInterval(() => this.#second(), 1_000)
    if (!document.hidden) this.nowMs.set(this.#clock())
  }

  #second(): void {
    const nowMs = this.#clock()
    const snapshot = this.session.snapshot
    this.nowMs.set(nowMs)
    const since = nowMs - departedShownMs
    if (this.departed.value.some(({ leftAtMs }) => leftAtMs < since))
      this.departed.set(this.departed.value.filter(({ leftAtMs }) => leftAtMs >= since))
    if (!snapshot || !this.session.handle) return
    const sample = this.#traffic.sample(snapshot.links, nowMs)
    if (sample) this.rates.set(sample.perPeer)
    this.history.set(this.history.value.with(snapshot, sample, nowMs))
  }
}
