import { Emitter } from '../base/emitter.ts'
import { MeshError } from '../base/errors.ts'
import type { PeerId, SessionId } from '../base/ids.ts'
import type { Remote } from '../link/types.ts'
import { Admitted } from './admitted.ts'
import { type Assembly, assemble } from './assembly.ts'
import type { Faults } from './faults/driver.ts'
import type { Figures } from './figures.ts'
import { SiblingPipes } from './gossip/siblings/pipes.ts'
import { introduce } from './introduction.ts'
import type { LinkCare } from './link-care.ts'
import type { LinkTable } from './link-table.ts'
import type { Member } from './membership/state.ts'
import type { Node } from './node.ts'
import type { MeshOptions } from './options.ts'
import type { OwnAnnounced } from './own-words.ts'
import type { PartitionInfo } from './partition/driver.ts'
import { peerInfoOf } from './peer-info.ts'
import type { BroadcastQueues, LinkInfo, Mesh, MeshEvents, PeerInfo } from './types.ts'
import type { Posts } from './words.ts'

/** Each tab of a machine should know who left before one of them acts on it; by chance up to twice as long, ms. */
const afterLeavingMs = 100
/** Tabs of this browser have so long to let this one in before it makes a node, which keeps this thread busy for as long, ms. */
const letInMs = 100

export class MeshPeer implements Mesh, Posts {
  readonly id: PeerId
  readonly session: SessionId
  readonly counters: Record<string, number> = {}
  readonly faults: Faults
  readonly care: LinkCare
  /** For the parts of gossip that are loaded after joining. */
  readonly gossip: Assembly['gossip']
  /** To the other tabs of this browser; undefined where everything goes by links. */
  readonly pipes: SiblingPipes | undefined
  readonly #options: MeshOptions
  readonly #emitter = new Emitter<MeshEvents>(() => this.count('listener-failed'))
  readonly #admitted = new Admitted()
  readonly #parts: Assembly
  /** Of peers that just left: performs what that means here, now. */
  readonly #unsettled = new Map<PeerId, () => void>()
  #node: Promise<Node> | undefined
  /** A tab of this browser let this one in, or there is nobody. */
  readonly #met = Promise.withResolvers<void>()

  constructor(options: MeshOptions) {
    this.#options = options
    this.session = options.session
    this.#parts = assemble(options, {
      emitter: this.#emitter,
      count: counter => this.count(counter),
      node: () => this.#node,
      welcomed: others => others === 0 && this.#met.resolve(),
      near: near => this.#near(near),
      joined: member => this.#joined(member),
      departed: (member, reason) => this.#departed(member, reason),
      linkChanged: peer => this.#linkChanged(peer),
    })
    this.id = this.#parts.id
    this.faults = this.#parts.faults
    this.care = this.#parts.care
    this.gossip = this.#parts.gossip
    this.pipes = options.siblingLinks && this.#openPipes(options.siblingLinks)
  }

  /** Joins the lobby, and makes a node once a tab of this browser has let this one in or none will. Resolves when the node runs. */
  async start(): Promise<void> {
    // Making a node takes this thread longer than signaling needs to list the others, so it comes second.
    await this.#parts.lobby.join(await this.#parts.membership.signOwn())
    this.#node = this.#letIn().then(() => this.#startNode())
    await this.#node
  }

  /** Where a tab of this browser may let this one in, it goes first. */
  async #letIn(): Promise<void> {
    if (!this.pipes || !this.#options.hasSiblings) return
    const { clock } = this.#options
    const stop = clock.after(letInMs, this.#met.resolve)
    await this.#met.promise
    stop()
    await new Promise<void>(resolve => clock.after(0, resolve)) // what its page is told leaves first
  }

  #openPipes(siblingLinks: NonNullable<MeshOptions['siblingLinks']>): SiblingPipes {
    const { clock, session, browser } = this.#options
    const { signer, limit, membership, inbox, delivery } = this.#parts
    const pipes = new SiblingPipes({
      clock,
      mesh: this,
      session,
      browser,
      links: siblingLinks({
        self: { peer: this.id, session },
        signer,
        isFullFor: peer => limit.isFullFor(peer, membership.members),
      }),
      faults: this.faults,
      count: counter => this.count(counter),
      onOpen: remote => this.#meet(remote),
      deliver: (from, frame) => void inbox.push(from, frame.length, () => delivery.receivePast(from, frame)),
    })
    delivery.shortcut = (to, encode) => pipes.send(to, encode)
    return pipes
  }

  /** Its libraries are half of the engine: they are loaded apart, and not before they are needed. */
  async #startNode(): Promise<Node> {
    const { runNode } = await import('./run-node.ts').catch(error => {
      throw new MeshError('unsupported', `A part of the engine could not be loaded (${error}). Reload this page.`)
    })
    const { key, room, doors } = this.#options
    return runNode({
      key,
      provider: this.faults.over(this.#parts.provider),
      clock: this.#options.clock,
      isMember: peer => this.#parts.membership.members.has(peer),
      sessionOf: this.#parts.sessionOf,
      onConnection: pipe => this.#parts.links.piped(pipe),
      ...(doors && { doors }),
      admission: {
        room,
        self: this.id,
        session: this.session,
        onSecured: peer => this.care.dials.passOf(peer, 'secured'),
        isFull: peer => this.#parts.limit.isFullFor(peer, this.#parts.membership.members),
        onAdmitted: (peer, session) => this.#admitted.add(peer, session),
        onRefused: (_peer, error) => {
          this.count(`refused.${error.code}`)
          if (error.code === 'version-mismatch' || error.code === 'room-full') this.#options.onProblem(error)
        },
      },
      lanes: this.#parts.lanes,
      broadcasts: this.#parts.broadcasts,
      messages: this.faults.messages,
      onOpened: connection => this.#opened(connection),
      onClosed: connection => this.#closed(connection),
    })
  }

  get peers(): readonly PeerInfo[] {
    return [...this.#parts.membership.members.values()].map(member =>
      peerInfoOf(member, this.#parts.links, this.#parts.membership.phi(member.id)),
    )
  }

  get links(): readonly LinkInfo[] {
    return this.#parts.links.infos
  }

  /** From now on what is said and heard is counted here. */
  measure(figures: Figures): void {
    this.#parts.exchange.figures = figures
  }

  /** Broadcasts that wait to leave, by priority. */
  get waiting(): BroadcastQueues {
    return this.#parts.broadcasts.waiting
  }

  /** Who can be reached of those that are known, and on which side of a split this peer is, if there is one. */
  get partition(): PartitionInfo {
    return this.#parts.partition.info
  }

  /** Links wanted besides all others. */
  requireLinks(peers: ReadonlySet<PeerId>): void {
    this.#parts.overlay.require(peers)
  }

  on: Mesh['on'] = (event, listener) => this.#emitter.on(event, listener)
  send: Mesh['send'] = (to, topic, payload, options) => this.#parts.exchange.send(to, topic, payload, options)
  broadcast: Mesh['broadcast'] = (topic, payload, options) => this.#parts.exchange.broadcast(topic, payload, options)
  subscribe: Mesh['subscribe'] = (topic, listener) => this.#parts.exchange.subscribe(topic, listener)
  handle: Mesh['handle'] = (topic, handler) => this.#parts.exchange.handle(topic, handler)
  request: Mesh['request'] = (to, topic, payload, options) => this.#parts.exchange.request(to, topic, payload, options)
  post: Posts['post'] = (to, topic, payload, lane) => this.#parts.words.post(to, topic, payload, lane)
  onPost: Posts['onPost'] = (topic, reader) => this.#parts.words.onPost(topic, reader)
  gather: Mesh['gather'] = (topic, payload, options) => this.#parts.exchange.gather(topic, payload, options)

  /** What this peer says of itself now. */
  get announced(): OwnAnnounced {
    return this.#parts.own.announced
  }

  announce(change: Partial<OwnAnnounced>): void {
    this.#parts.own.change(change)
    this.#parts.membership.changed()
    this.#options.onSelfChange?.()
  }

  /** Round trip to a peer now, ms. */
  ping(peer: PeerId, timeoutMs?: number): Promise<number> {
    return this.#parts.heartbeat.ping(peer, timeoutMs)
  }

  /** What the page says on its channels when it goes, signed beforehand: at `pagehide` there is no time. */
  async signGoodbye(): Promise<Uint8Array> {
    return new TextEncoder().encode(JSON.stringify(await this.#parts.membership.signGoodbye('closed')))
  }

  /** A goodbye that came another way, such as BroadcastChannel. */
  receiveGoodbye(record: unknown): void {
    void this.#parts.membership.receiveGoodbye(record)
  }

  /** Makes or ends a link now, whatever the overlay thinks; for tests and for the person who asks. */
  dial = (peer: PeerId): Promise<void> => this.#parts.dialler.dial(peer)
  cut = (peer: PeerId): Promise<void> => this.#parts.dialler.retire(peer)

  async leave(): Promise<void> {
    for (const settle of this.#unsettled.values()) settle()
    const record = await this.#parts.membership.signGoodbye('left')
    this.#parts.membership.tellGoodbye(record)
    this.#parts.lobby.leave()
    this.#parts.routes.close()
    this.#parts.overlay.close()
    this.#parts.membership.close()
    this.#parts.exchange.close()
    this.#parts.heartbeat.close()
    this.#parts.partition.close()
    this.#parts.siblings.close()
    this.pipes?.close()
    this.faults.close()
    await new Promise<void>(resolve => this.#options.clock.after(20, resolve)) // let the goodbye leave
    const node = this.#node
    this.#node = undefined
    await (await node)?.stop()
    this.#parts.provider.close()
  }

  #opened(connection: Parameters<LinkTable['opened']>[0]): void {
    const peer = connection.remotePeer.toString() as PeerId
    const session = this.#admitted.sessionOf(peer)
    if (!session) return connection.abort(new Error('not admitted')) // cannot happen: admission is part of the upgrade
    const link = this.#parts.links.opened(connection, session)
    this.care.dials.passOf(peer, 'admitted')
    this.#parts.routes.linked(session)
    this.#parts.exchange.calls.linkOpened(peer)
    this.#parts.membership.heard(peer, session)
    this.#emitter.emit('link-open', link)
    // A newcomer knows its first neighbour from the list of those present, and need not wait to be told.
    const hello = this.#parts.lobby.helloOf(peer, session)
    if (hello && this.#parts.membership.members.size === 0) void this.#parts.membership.receive(hello, peer)
    void introduce(peer, session, this.#parts)
    this.#parts.overlay.opened()
    this.#parts.overlay.changed()
    this.#parts.membership.changed(true)
  }

  #linkChanged(peer: PeerId): void {
    const member = this.#parts.membership.members.get(peer)
    if (member)
      this.#emitter.emit('agent-change', peerInfoOf(member, this.#parts.links, this.#parts.membership.phi(member.id)))
  }

  #closed(connection: Parameters<LinkTable['closed']>[0]): void {
    const peer = connection.remotePeer.toString() as PeerId
    const session = this.#parts.links.sessionOf(peer)
    if (!this.#parts.links.closed(connection)) return
    this.#emitter.emit('link-close', { peer, reason: connection.status })
    this.#parts.exchange.calls.linkBroke(peer)
    this.#parts.membership.unlinked(peer)
    if (session) this.#parts.membership.hint(peer, session)
    this.#linkChanged(peer)
    this.#parts.overlay.changed()
    this.#parts.membership.changed(true)
  }

  /** Of the tabs of this browser the first to answer lets this one in. */
  #near(near: Remote): void {
    if (this.pipes?.has(near.peer)) this.#meet(near)
    else if (this.#parts.membership.members.size === 0 && !this.pipes?.isDialling) void this.pipes?.dial(near)
  }

  /** Who has a pipe to this tab proved who it is, and that it knows the room's key: with what it says of itself it is a member. */
  #meet({ peer, session }: Remote): void {
    const { lobby, membership } = this.#parts
    const hello = lobby.helloOf(peer, session)
    const isKnown = membership.members.get(peer)?.announcement.session === session
    if (hello && !isKnown) void membership.receive(hello, peer).finally(this.#met.resolve)
  }

  #joined(member: Member): void {
    this.#unsettled.get(member.id)?.() // its former session
    this.#parts.siblings.joined(member)
    this.#emitter.emit('agent-join', peerInfoOf(member, this.#parts.links, this.#parts.membership.phi(member.id)))
    this.#parts.overlay.changed()
  }

  #departed(member: Member, reason: MeshEvents['agent-leave']['reason']): void {
    const { id, announcement } = member
    const { session } = announcement
    this.#parts.siblings.departed(member)
    // Who was only given up stays a candidate until the server says it left: else two that lost each other never meet again.
    if (reason !== 'crashed') this.#parts.lobby.forget(id, session)
    const leaving = { peer: peerInfoOf(member, this.#parts.links, this.#parts.membership.phi(id)), reason }
    const { clock, random, onLeaving } = this.#options
    if (!onLeaving) return this.#left(leaving)
    const settle = () => {
      stop()
      this.#unsettled.delete(id)
      this.#left(leaving)
    }
    const stop = clock.after(afterLeavingMs * (1 + random.next()), settle)
    this.#unsettled.set(id, settle)
    onLeaving(leaving)
  }

  /** What follows from it. */
  #left(leaving: MeshEvents['agent-leave']): void {
    const { id, session } = leaving.peer
    this.#parts.exchange.departed(id)
    this.#emitter.emit('agent-leave', leaving)
    if (this.#parts.links.sessionOf(id) === session) void this.#parts.dialler.retire(id)
    this.#parts.overlay.changed()
  }

  /** Counts an occurrence under a name, for `metrics`. */
  count(counter: string): void {
    this.counters[counter] = (this.counters[counter] ?? 0) + 1
  }
}
