import type { Clock } from '../../base/clock.ts'
import { Emitter } from '../../base/emitter.ts'
import { MeshError } from '../../base/errors.ts'
import type { PeerId } from '../../base/ids.ts'
import { type Random, shuffled } from '../../base/random.ts'
import type { Mesh, PeerInfo } from '../../mesh/types.ts'
import type { Posts } from '../../mesh/words.ts'
import type { RaftTiming } from '../raft/config.ts'
import type { MemberId, Membership, RaftMessage } from '../raft/messages.ts'
import { AutopilotDriver } from './autopilot/driver.ts'
import { DecisionsClient } from './client.ts'
import { Council } from './council.ts'
import { Desk } from './desk.ts'
import { Founding } from './founding.ts'
import { History } from './history.ts'
import type { HostedMember } from './hosted.ts'
import { Hosting } from './hosting.ts'
import { askIntervalMs, peersAskedAtOnce } from './limits.ts'
import { News } from './news.ts'
import { Orders } from './orders.ts'
import { OwnKeys } from './own-keys.ts'
import type { DecisionsPlatform } from './platform.ts'
import { PostBox } from './post-box.ts'
import { DecisionsRegister } from './register.ts'
import { RegisterCalls } from './register-calls.ts'
import { Succession } from './succession.ts'
import { Timing } from './timing.ts'
import type {
  DecidedChange,
  DecidedCommand,
  Decisions,
  DecisionsControl,
  DecisionsView,
  GenerationView,
  LeaderInfo,
  TimingChoice,
  TimingPreset,
  TimingView,
} from './types.ts'
import { viewOf } from './view.ts'
import { type Letter, topics } from './wire.ts'

export interface DecisionsOptions {
  readonly mesh: Pick<Mesh, 'id' | 'session' | 'peers' | 'on' | 'request' | 'handle' | 'broadcast' | 'subscribe'> &
    Posts
  readonly clock: Clock
  readonly random: Random
  readonly newId: () => string
  readonly platform: DecisionsPlatform
  /** Hash of the room. */
  readonly room: string
  readonly browser: string
  readonly preset: TimingPreset
  readonly timing?: Partial<RaftTiming>
  readonly count: (counter: string) => void
}

export interface DecisionsEvents {
  leader: LeaderInfo | undefined
  decision: DecidedChange | DecidedCommand
  /** Something that the view shows is different. */
  change: undefined
  problem: MeshError
}

export class DecisionsService {
  readonly register: Decisions & DecisionsControl
  /** For the mesh itself: what it keeps under keys of its own. */
  readonly own: OwnKeys
  readonly #options: DecisionsOptions
  readonly #events = new Emitter<DecisionsEvents>(() => this.#count('listener-failed'))
  readonly #council: Council
  readonly #desk: Desk
  readonly #client: DecisionsClient
  readonly #post: PostBox
  readonly #hosting: Hosting
  readonly #history: History
  readonly #news: News
  readonly #founding: Founding
  readonly #succession: Succession
  readonly #autopilot: AutopilotDriver
  readonly #orders: Orders
  readonly #decisions: DecisionsRegister
  readonly #timing: Timing
  readonly #stops: (() => void)[] = []
  readonly #counters: Record<string, number> = {}
  #storage: MeshError | undefined
  #isClosed = false

  constructor(options: DecisionsOptions) {
    this.#options = options
    const { mesh, clock, random, platform, room, browser, preset, timing: overrides = {}, newId } = options
    const count = (counter: string) => this.#count(counter)
    const self = { peer: mesh.id, session: mesh.session, browser }
    this.#council = new Council(clock, self)
    const council = this.#council
    const timing = new Timing({ council, preset, overrides })
    this.#timing = timing
    this.#desk = new Desk(mesh, council)
    const seekLeader = () => this.#seekLeader()
    const asking = { clock, mesh, self: mesh.id, council, desk: this.#desk, seekLeader, count }
    this.#client = new DecisionsClient(asking)
    this.#post = new PostBox({
      posts: mesh,
      self: mesh.id,
      count,
      onLetter: (from, letter) => this.#hear(from, letter),
    })
    const calls = new RegisterCalls(this.#client)
    this.#decisions = new DecisionsRegister({ clock, council, calls })
    this.own = new OwnKeys(council, calls, this.#decisions)
    this.#succession = new Succession({ clock, council, tellLeader: news => this.#news.tell(topics.leader, news) })
    this.#hosting = new Hosting({
      clock,
      random,
      mesh,
      council,
      platform,
      count,
      parts: {
        clock,
        random,
        timing,
        self,
        send: (from, to, message, pace) => this.#send(from, to, message, pace),
        onRole: hosted => this.#succession.roleChanged(hosted),
        onMembership: (hosted, membership) => this.#membershipChanged(hosted, membership),
        onProgress: () => this.#council.events.emit('change', undefined),
        onDropped: (_from, reason) => count(`decisions.dropped.${reason}`),
        onEnd: (hosted, error) => this.#ended(hosted, error),
        onChanges: changes => this.#decisions.heardChanges(changes),
        onDecided: command => this.#decisions.heardCommand(command),
      },
      onHosted: hosted => this.#hosted(hosted),
      onWaiting: () => this.#seekLeader(),
      onTrouble: error => this.#trouble(error),
    })
    this.#history = new History({
      clock,
      mesh,
      council,
      platform,
      room,
      onTold: (state, from) => this.#news.told(state, from),
      begin: () => this.#founding.begin(),
      yieldTo: generation => this.#founding.yieldTo(generation),
    })
    const onTrouble = (error: MeshError) => this.#trouble(error)
    this.#founding = new Founding({ clock, newId, council, platform, count, hosting: this.#hosting, onTrouble })
    this.#news = new News({ clock, mesh, council, history: this.#history, timing, count })
    this.#autopilot = new AutopilotDriver({ clock, mesh, council, count })
    const orders = new Orders({ ...asking, succession: this.#succession, timing })
    this.#orders = orders
    this.register = Object.assign(this.#decisions, {
      stepDown: (target?: MemberId) => orders.stepDown(target),
      verifyQuorum: () => orders.verify(),
      configure: (change: Partial<TimingChoice>) => orders.configure(change),
      continueFromHere: () => this.#continueFromHere(),
      joinOther: () => this.#joinOther(),
    })
    this.#listen()
  }

  on<Name extends keyof DecisionsEvents>(event: Name, listener: (detail: DecisionsEvents[Name]) => void): () => void {
    return this.#events.on(event, listener)
  }

  get leader(): LeaderInfo | undefined {
    return this.#council.leader
  }

  get view(): DecisionsView {
    const [conflict, counters] = [this.#history.conflict, { ...this.#counters }]
    return viewOf(this.#council, { conflict, storage: this.#storage, timing: this.#timing.view, counters })
  }

  /** Peers whose hosts should be linked directly where that is possible. */
  get voterHosts(): readonly PeerId[] {
    const { voters, outgoing } = this.#council.membership
    const hosts = [...new Set([...voters, ...outgoing])].map(voter => this.#council.liveHostOf(voter))
    return hosts.filter(host => host !== undefined && host !== this.#options.mesh.id) as PeerId[]
  }

  /** For what the room keeps: these clocks at everybody, and no others. */
  retime(choice: TimingChoice): Promise<TimingView> {
    return this.#orders.retime(choice)
  }

  /** Resolves when this peer follows the room's history, and hosts a member if it is to. */
  async start(): Promise<void> {
    await this.#history.find()
    if (this.#isClosed) return
    await this.#hosting.claimStored()
    const peers = [...this.#council.peers.keys()]
    if (!this.#council.knowsVoters)
      await Promise.all(peers.slice(0, peersAskedAtOnce).map(peer => this.#news.ask(peer)))
    if (await this.#hosting.isBereft()) {
      this.#council.follow(undefined)
      return this.start()
    }
    await this.#history.isRead()
    await this.#hosting.ensure()
    // Whoever came meanwhile may follow another history, and may know more of ours.
    for (const peer of this.#council.peers.keys()) void this.#news.ask(peer)
  }

  /** The page is hidden and may be frozen any moment: a frozen leader leads nobody. */
  async yieldLeadership(): Promise<void> {
    if (this.#council.leading) await this.#succession.stepDown().catch(() => {})
  }

  /** Hands over what can be handed over, and lets this peer's members go by committed changes where nobody can take them up. */
  async leave(): Promise<void> {
    if (this.#isClosed) return
    await this.yieldLeadership()
    const hasSiblings = [...this.#council.peers.values()].some(({ browser }) => browser === this.#council.self.browser)
    if (!hasSiblings) await this.#autopilot.leave([...this.#council.hosted.values()])
    this.close()
  }

  close(): void {
    this.#isClosed = true
    for (const stop of this.#stops) stop()
    this.#history.close()
    this.#news.close()
    this.#autopilot.close()
    this.#decisions.close()
    this.#client.close()
    this.#hosting.close()
    this.#succession.close()
    this.#desk.close()
    this.#post.close()
  }

  #listen(): void {
    const { mesh, clock } = this.#options
    const council = this.#council
    for (const peer of mesh.peers) council.peerIsHere(peer)
    this.#stops.push(
      mesh.on('agent-join', peer => this.#joined(peer)),
      mesh.on('agent-change', peer => council.peers.has(peer.id) && council.peerIsHere(peer)),
      mesh.on('agent-leave', ({ peer }) => this.#departed(peer)),
      council.events.on('leader', leader => this.#events.emit('leader', leader)),
      council.events.on('change', () => this.#events.emit('change', undefined)),
      this.#decisions.onAny(decision => this.#events.emit('decision', decision)),
      clock.every(askIntervalMs, () => this.#measure()),
    )
  }

  #joined(peer: PeerInfo): void {
    this.#council.peerIsHere(peer)
    // Members' hosts ask whoever comes, and so does who knows of no voters yet; the others learn from them.
    if (this.#council.hosted.size > 0 || !this.#council.knowsVoters) void this.#news.ask(peer.id)
  }

  #departed(peer: PeerInfo): void {
    const council = this.#council
    const { leader } = council
    council.peerIsGone(peer.id, peer.session)
    this.#history.settled(peer.id)
    const orphans = council.table.hostedBy(peer.session)
    if (leader && orphans.some(({ member }) => member === leader.member)) this.#succession.leaderIsGone(leader)
    for (const { member } of orphans) council.leading?.driver.unreachable(member)
    if (peer.browser === council.self.browser) this.#hosting.adoptFrom(peer.session)
  }

  // --- members

  #hosted(hosted: HostedMember): void {
    const council = this.#council
    council.table.forget(hosted.member)
    council.table.add(hosted.record)
    council.changed()
    this.#news.tellHosts([hosted])
  }

  #ended(hosted: HostedMember, error: MeshError | undefined): void {
    const council = this.#council
    if (council.hosted.get(hosted.member) === hosted) council.hosted.delete(hosted.member)
    council.table.forget(hosted.member) // or we would be its host for ever in our own eyes
    council.changed()
    if (error) this.#trouble(error)
  }

  #membershipChanged(hosted: HostedMember, { voters, outgoing, learners, learnersNext }: Membership): void {
    const isMember = [...voters, ...outgoing, ...learners, ...learnersNext].includes(hosted.member)
    if (!isMember && hosted.wasMember) {
      this.#count('decisions.retired')
      // After the step that brought the news: a machine is not ended from inside its own effects.
      queueMicrotask(() => void this.#hosting.retire(hosted))
    }
    hosted.wasMember ||= isMember
    this.#council.changed()
    if (this.#council.leading === hosted) this.#news.tellHosts([hosted])
  }

  #send(from: MemberId, to: MemberId, message: RaftMessage, pace: number | undefined): void {
    const host = this.#council.liveHostOf(to)
    if (host === undefined) return
    const isTold = pace !== undefined && message.kind === 'heartbeat'
    this.#post.send(host, { from, to, message, pace, ...(isTold && { timing: this.#timing.choice }) })
  }

  #hear(peer: PeerId, { from, to, message, pace, timing }: Letter): void {
    const record = this.#council.table.get(from)
    const isOurs = peer === this.#options.mesh.id
    if (!record || record.peer !== peer || record.epoch !== message.sender.epoch) {
      // It may have moved, or never been heard of: without its own signed word it is not heard.
      if (!isOurs) void this.#news.ask(peer)
      return this.#count('decisions.dropped.unknown-host')
    }
    const hosted = this.#council.hosted.get(to)
    if (!hosted) return this.#count('decisions.dropped.not-hosted')
    if (message.kind === 'timeout-now') this.#succession.asked(to)
    hosted.driver.receive(from, `${record.peer}/${record.session}`, message, pace)
    // What this peer told its own members may be older than what it has been told since: the two would take turns for ever.
    if (timing && !isOurs && hosted.driver.view.leader === from && !this.#timing.hears(timing))
      this.#count('decisions.dropped.timing')
  }

  /** A peer without a copy of its own asks those that have one, or anybody while it knows of none. */
  #seekLeader(): void {
    if (this.#council.hasCopy) return
    const hosts = this.voterHosts
    const able = hosts.length > 0 ? hosts : [...this.#council.peers.keys()]
    for (const peer of shuffled(this.#options.random, able).slice(0, peersAskedAtOnce)) void this.#news.ask(peer)
  }

  /** The slowest way to another voter sets the pace (preset `auto`). */
  #measure(): void {
    const rtts = this.voterHosts.map(host => this.#council.peers.get(host)?.rttMs ?? 0)
    for (const { driver } of this.#council.hosted.values()) driver.measured(Math.max(0, ...rtts))
    // Nothing happens while nobody answers, and what the view says of that changes with time.
    if (this.#council.leader === undefined) this.#council.changed()
  }

  // --- controls

  async #continueFromHere(): Promise<GenerationView> {
    await this.#founding.continueFromHere()
    const { generation } = this.view
    if (!generation) throw new MeshError('storage-lost', 'The new history could not be stored')
    return generation
  }

  async #joinOther(): Promise<void> {
    if (!(await this.#history.joinOther())) throw new MeshError('invalid-option', 'There is no other history to join')
  }

  #count(counter: string): void {
    this.#counters[counter] = (this.#counters[counter] ?? 0) + 1
    this.#options.count(counter)
  }

  #trouble(error: MeshError): void {
    this.#storage = error
    this.#events.emit('problem', error)
    this.#council.changed()
  }
}
