import { Emitter } from '../base/emitter.ts'
import type { PeerId, SessionId } from '../base/ids.ts'
import type { LinkProvider } from '../link/types.ts'
import { Admitted } from './admitted.ts'
import { Broadcasts } from './broadcasts.ts'
import { Delivery } from './delivery.ts'
import { Dialler } from './dialler.ts'
import { Exchange } from './exchange.ts'
import type { Faults } from './faults/driver.ts'
import { faultsIn, takeOrders } from './faults/in-mesh.ts'
import { Figures } from './figures.ts'
import { Heartbeat } from './heartbeat.ts'
import { introduce } from './introduction.ts'
import { Lanes } from './lanes.ts'
import { heartbeatIntervalMs, linksMax } from './limits.ts'
import { LinkTable } from './link-table.ts'
import { Lobby } from './lobby.ts'
import { MembershipDriver } from './membership/driver.ts'
import type { Member } from './membership/state.ts'
import { answerCapabilityQueries } from './message-types.ts'
import type { Node } from './node.ts'
import type { MeshOptions } from './options.ts'
import { OverlayDriver } from './overlay/driver.ts'
import { ringNeighbours } from './overlay/step.ts'
import { type OwnAnnounced, OwnWords } from './own-words.ts'
import { parseJson } from './parse-json.ts'
import type { MeshParts } from './parts.ts'
import { peerIdOf } from './peer-id.ts'
import { peerInfoOf } from './peer-info.ts'
import { runNode } from './run-node.ts'
import { SiblingWatch } from './sibling-watch.ts'
import { SignalRoutes } from './signal-routes.ts'
import { Signals } from './signals.ts'
import { signerOf } from './signed.ts'
import type { LinkInfo, Mesh, MeshEvents, PeerInfo } from './types.ts'
import { Words } from './words.ts'

export class MeshPeer implements Mesh {
  readonly id: PeerId
  readonly session: SessionId
  readonly counters: Record<string, number> = {}
  readonly faults: Faults
  readonly figures: Figures
  readonly #options: MeshOptions
  readonly #emitter = new Emitter<MeshEvents>(() => this.count('listener-failed'))
  readonly #links: LinkTable
  readonly #provider: LinkProvider
  readonly #signals: Signals
  readonly #routes: SignalRoutes
  readonly #lobby: Lobby
  readonly #membership: MembershipDriver
  readonly #overlay: OverlayDriver
  readonly #exchange: Exchange
  readonly #lanes: Lanes
  readonly #heartbeat: Heartbeat
  readonly #dialler: Dialler
  readonly #delivery: Delivery
  readonly #broadcasts: Broadcasts
  readonly #admitted = new Admitted()
  readonly #siblings: SiblingWatch
  readonly #words: Words
  readonly #own: OwnWords
  #node: Promise<Node> | undefined

  constructor(options: MeshOptions) {
    this.#options = options
    const { key, session, room, random, newId, rendezvous } = options
    this.id = peerIdOf(key)
    this.session = session
    this.#own = new OwnWords(options)
    const signer = signerOf(key, this.id)
    const count = (counter: string) => this.count(counter)
    const parts: MeshParts = {
      options,
      signer,
      count,
      exchange: () => this.#exchange,
      lobby: () => this.#lobby,
      membership: () => this.#membership,
      overlay: () => this.#overlay,
      signals: () => this.#signals,
      sessionOf: peer => this.#sessionOf(peer),
    }
    this.faults = faultsIn(parts, event => this.#emitter.emit('fault', event))
    const { clock } = this.faults
    this.figures = new Figures(options.clock, this.on)
    this.#links = new LinkTable(clock)
    this.#siblings = new SiblingWatch(options, ({ id, announcement }) =>
      this.#membership.isGone(id, announcement.session),
    )
    this.#words = new Words({
      clock,
      count,
      delivery: () => this.#delivery,
      neighbours: () => this.#links.peers,
      onMembership: (word, from) => void this.#membership.receive(word, from),
      onSignal: sealed => this.#signals.receive(sealed),
    })
    const provider = options.links({
      self: { peer: this.id, session },
      sendSignal: (to, signal) => this.#signals.send(to, signal),
      retire: peer => this.#dialler.retire(peer),
      onSaid: (_peer, bytes) => void this.#membership.receiveGoodbye(parseJson(bytes)),
    })
    this.#provider = provider
    this.#signals = new Signals({
      room,
      signer,
      session,
      count,
      carry: (to, sealed) => this.#routes.carry(to, sealed),
      onSignal: (from, signal) => this.faults.mayLink(from.peer) && provider.receive?.(from, signal),
      onHeard: from => this.#routes.answered(from),
      onOther: record => this.faults.receive(record),
    })
    this.#routes = new SignalRoutes({
      clock,
      count,
      isNear: to => this.#lobby.isNear(to),
      carry: (to, sealed) => this.#lobby.carry(to, sealed),
      sessionOf: peer => this.#links.sessionOf(peer) ?? this.#membership.members.get(peer)?.announcement.session,
      hasPath: peer => this.#delivery.hasPath(peer),
      relay: (to, sealed) => this.#words.signal(to, sealed),
    })
    this.#lobby = new Lobby({
      self: this.id,
      room,
      clock,
      session,
      rendezvous,
      onSignal: sealed => this.#signals.receive(sealed),
      onCandidate: (peer, isNewcomer) => {
        if (isNewcomer) this.#overlay.newcomer(peer)
        this.#overlay.changed()
      },
      onLeft: (peer, gone) => this.#membership.hint(peer, gone),
      onState: options.onSignalingState,
      onWelcome: options.onWelcome,
      onProblem: options.onProblem,
    })
    this.#membership = new MembershipDriver({
      clock,
      signer,
      session,
      count,
      describe: () => this.#own.describe(this.#links.announced),
      tellNeighbours: (word, except) => this.#words.tellNeighbours(word, except),
      ping: (peer, timeoutMs) => this.#heartbeat.isAlive(peer, timeoutMs),
      isHeard: peer => this.#links.silentMs(peer) < 2 * heartbeatIntervalMs,
      onJoined: member => this.#joined(member),
      onChanged: member => this.#emitter.emit('agent-change', this.#infoOf(member)),
      onDeparted: (member, reason) => this.#departed(member, reason),
    })
    this.#overlay = new OverlayDriver({
      self: this.id,
      clock,
      random,
      candidates: () => new Set([...this.#lobby.candidates.keys(), ...this.#membership.members.keys()]),
      linked: () => new Set(this.#links.peers),
      engaged: () => provider.engaged,
      degreeOf: peer => this.#membership.members.get(peer)?.announcement.links.length ?? 0,
      dial: peer => this.#dialler.dial(peer),
      drop: peer => void this.#dialler.retire(peer),
    })
    this.#exchange = new Exchange({
      clock,
      newId,
      count,
      figures: this.figures,
      delivery: () => this.#delivery,
      broadcasts: () => this.#broadcasts,
      peers: () => [...this.#membership.members.keys()],
    })
    answerCapabilityQueries(this.#exchange, () => this.announced)
    takeOrders(parts, this.faults)
    this.#heartbeat = new Heartbeat({
      clock,
      exchange: this.#exchange,
      links: this.#links,
      onMeasured: peer => this.#linkChanged(peer),
      onSilent: peer => void this.#dialler.retire(peer),
    })
    this.#dialler = new Dialler({
      clock,
      provider,
      node: () => this.#node,
      isLinked: peer => this.#links.has(peer),
      onceOpen: (peer, then) => this.#emitter.on('link-open', link => link.peer === peer && then()),
    })
    this.#lanes = new Lanes({
      onFrame: (from, bytes, lane) =>
        this.faults.messages.message(from, 'in', () => {
          this.#links.heard(from)
          this.#delivery.receive(from, bytes, lane)
        }),
      onSend: (to, send) => this.faults.messages.message(to, 'out', send),
      onBroken: peer => this.#dropLink(peer, 'links-dropped'),
    })
    this.#delivery = new Delivery({
      signer,
      session,
      count,
      lanes: this.#lanes,
      connectionTo: peer => this.#links.connectionTo(peer),
      neighbours: () => this.#links.peers,
      isSound: peer => !provider.broken?.has(peer),
      graph: () => this.#graph(),
      sessionOf: peer => this.#sessionOf(peer),
      onFrame: (from, frame, isDirect) =>
        frame.header.kind === 'tell' ? this.#words.receive(from, frame, isDirect) : this.#exchange.receive(from, frame),
      onRelayed: peer => this.#overlay.relayed(peer),
    })
    this.#broadcasts = new Broadcasts({
      clock,
      signer,
      count,
      neighbours: () => this.#links.peers,
      isCongested: () => this.#links.isCongested,
      onDeaf: peer => this.#dropLink(peer, 'gossip.links-remade'),
      onFrame: (from, frame) => this.#exchange.receive(from, frame),
    })
  }

  /** Joins the lobby while the node starts: neither has to wait for the other. */
  async start(): Promise<void> {
    // Making a node takes this thread longer than signaling needs to list the others, so it comes second.
    await this.#lobby.join(await this.#membership.signOwn())
    this.#node = this.#startNode()
    await this.#node
  }

  #startNode(): Promise<Node> {
    const { key, room } = this.#options
    return runNode({
      key,
      provider: this.faults.over(this.#provider),
      sessionOf: peer => this.#sessionOf(peer),
      onConnection: pipe => this.#links.piped(pipe),
      admission: {
        room,
        self: this.id,
        session: this.session,
        onAdmitted: (peer, session) => this.#admitted.add(peer, session),
        onRefused: (_peer, error) => {
          this.count(`refused.${error.code}`)
          if (error.code === 'version-mismatch') this.#options.onProblem(error)
        },
      },
      lanes: this.#lanes,
      broadcasts: this.#broadcasts,
      messages: this.faults.messages,
      onOpened: connection => this.#opened(connection),
      onClosed: connection => this.#closed(connection),
    })
  }

  get peers(): readonly PeerInfo[] {
    return [...this.#membership.members.values()].map(member => this.#infoOf(member))
  }

  get links(): readonly LinkInfo[] {
    return this.#links.infos
  }

  on: Mesh['on'] = (event, listener) => this.#emitter.on(event, listener)
  send: Mesh['send'] = (to, topic, payload, options) => this.#exchange.send(to, topic, payload, options)
  broadcast: Mesh['broadcast'] = (topic, payload) => this.#exchange.broadcast(topic, payload)
  subscribe: Mesh['subscribe'] = (topic, listener) => this.#exchange.subscribe(topic, listener)
  handle: Mesh['handle'] = (topic, handler) => this.#exchange.handle(topic, handler)
  request: Mesh['request'] = (to, topic, payload, options) => this.#exchange.request(to, topic, payload, options)
  gather: Mesh['gather'] = (topic, payload, options) => this.#exchange.gather(topic, payload, options)

  /** What this peer says of itself now. */
  get announced(): OwnAnnounced {
    return this.#own.announced
  }

  announce(change: Partial<OwnAnnounced>): void {
    this.#own.change(change)
    this.#membership.changed()
    this.#options.onSelfChange?.()
  }

  /** Round trip to a peer now, ms. */
  ping(peer: PeerId, timeoutMs?: number): Promise<number> {
    return this.#heartbeat.ping(peer, timeoutMs)
  }

  /** What the page says on its channels when it goes, signed beforehand: at `pagehide` there is no time. */
  async signGoodbye(): Promise<Uint8Array> {
    return new TextEncoder().encode(JSON.stringify(await this.#membership.signGoodbye('closed')))
  }

  /** A goodbye that came another way, such as BroadcastChannel. */
  receiveGoodbye(record: unknown): void {
    void this.#membership.receiveGoodbye(record)
  }

  /** Makes or ends a link now, whatever the overlay thinks; for tests and for the person who asks. */
  dial = (peer: PeerId): Promise<void> => this.#dialler.dial(peer)
  cut = (peer: PeerId): Promise<void> => this.#dialler.retire(peer)

  async leave(): Promise<void> {
    const record = await this.#membership.signGoodbye('left')
    this.#words.tellNeighbours({ kind: 'goodbye', record })
    this.#lobby.leave()
    this.#routes.close()
    this.#overlay.close()
    this.#membership.close()
    this.#exchange.close()
    this.#heartbeat.close()
    this.#siblings.close()
    this.faults.close()
    await new Promise<void>(resolve => this.#options.clock.after(20, resolve)) // let the goodbye leave
    const node = this.#node
    this.#node = undefined
    await (await node)?.stop()
    this.#provider.close()
  }

  #dropLink(peer: PeerId, counter: string): void {
    this.count(counter)
    void this.#dialler.retire(peer)
  }

  #opened(connection: Parameters<LinkTable['opened']>[0]): void {
    const peer = connection.remotePeer.toString() as PeerId
    const session = this.#admitted.sessionOf(peer)
    if (!session) return connection.abort(new Error('not admitted')) // cannot happen: admission is part of the upgrade
    const link = this.#links.opened(connection, session)
    this.#routes.answered(session)
    this.#overlay.succeeded(peer)
    this.#membership.heard(peer, session)
    this.#emitter.emit('link-open', link)
    // A newcomer knows its first neighbour from the list of those present, and need not wait to be told.
    const hello = this.#lobby.helloOf(peer, session)
    if (hello && this.#membership.members.size === 0) void this.#membership.receive(hello, peer)
    void introduce(peer, {
      broadcasts: this.#broadcasts,
      membership: this.#membership,
      words: this.#words,
      heartbeat: this.#heartbeat,
    })
    const isRing = () => ringNeighbours(this.id, new Set(this.#membership.members.keys())).has(peer)
    if (this.#links.peers.length > linksMax && !isRing()) void this.#dialler.retire(peer)
    this.#overlay.changed()
    this.#membership.changed()
  }

  #linkChanged(peer: PeerId): void {
    const member = this.#membership.members.get(peer)
    if (member) this.#emitter.emit('agent-change', this.#infoOf(member))
  }

  #closed(connection: Parameters<LinkTable['closed']>[0]): void {
    const peer = connection.remotePeer.toString() as PeerId
    const session = this.#links.sessionOf(peer)
    if (!this.#links.closed(connection)) return
    this.#emitter.emit('link-close', { peer, reason: connection.status })
    this.#exchange.calls.linkBroke(peer)
    if (session) this.#membership.hint(peer, session)
    this.#linkChanged(peer)
    this.#overlay.changed()
    this.#membership.changed()
  }

  #joined(member: Member): void {
    this.#siblings.joined(member)
    this.#emitter.emit('agent-join', this.#infoOf(member))
    this.#overlay.changed()
  }

  #departed(member: Member, reason: MeshEvents['agent-leave']['reason']): void {
    const { session } = member.announcement
    this.#siblings.departed(member)
    // Who was only given up stays a candidate until the server says it left: else two that lost each other never meet again.
    if (reason !== 'crashed') this.#lobby.forget(member.id, session)
    this.#exchange.departed(member.id)
    this.#emitter.emit('agent-leave', { peer: this.#infoOf(member), reason })
    if (this.#links.sessionOf(member.id) === session) void this.#dialler.retire(member.id)
    this.#overlay.changed()
  }

  #sessionOf(peer: PeerId): SessionId | undefined {
    return this.#lobby.candidates.get(peer) ?? this.#membership.members.get(peer)?.announcement.session
  }

  #graph(): ReadonlyMap<PeerId, readonly PeerId[]> {
    const members = [...this.#membership.members.values()]
    return new Map(members.map(({ id, announcement }) => [id, announcement.links.map(link => link.peer)]))
  }

  #infoOf(member: Member): PeerInfo {
    return peerInfoOf(member, this.#links)
  }

  /** Counts an occurrence under a name, for `metrics`. */
  count(counter: string): void {
    this.counters[counter] = (this.counters[counter] ?? 0) + 1
  }
}
