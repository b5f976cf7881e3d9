/**
 * The parts of a mesh, made and tied together. They know each other by functions, since they are made one after the other; what concerns
 * the mesh as a whole is told to `reactions`.
 */
import { peerIdFromString } from '@libp2p/peer-id'
import type { Emitter } from '../base/emitter.ts'
import type { PeerId } from '../base/ids.ts'
import type { Remote } from '../link/types.ts'
import { batchId, batchKey, isUnsigned, originOf } from './batch.ts'
import { Broadcasts } from './broadcasts.ts'
import { Delivery } from './delivery.ts'
import { Dialler } from './dialler.ts'
import { Exchange } from './exchange.ts'
import { faultsIn, takeOrders } from './faults/in-mesh.ts'
import type { HearingOptions } from './gossip/hearing/driver.ts'
import type { SiblingGossipOptions } from './gossip/siblings/driver.ts'
import type { TreesOptions } from './gossip/trees/driver.ts'
import { gossipTopic } from './gossip.ts'
import { Heartbeat } from './heartbeat.ts'
import { Inbox } from './inbox.ts'
import { Lanes } from './lanes.ts'
import { LinkCare } from './link-care.ts'
import { LinkTable } from './link-table.ts'
import { Lobby } from './lobby.ts'
import { MembershipDriver } from './membership/driver.ts'
import type { Member } from './membership/state.ts'
import { answerCapabilityQueries } from './message-types.ts'
import type { Node } from './node.ts'
import type { MeshOptions } from './options.ts'
import { OverlayDriver } from './overlay/driver.ts'
import { OwnWords } from './own-words.ts'
import { parseJson } from './parse-json.ts'
import { PartitionDriver } from './partition/driver.ts'
import type { MeshParts } from './parts.ts'
import { peerIdOf } from './peer-id.ts'
import { graphOf, peerInfoOf, suspectsOf } from './peer-info.ts'
import { failureSettings } from './presets.ts'
import { RoomLimit } from './room-limit.ts'
import { SiblingWatch } from './sibling-watch.ts'
import { SignalRoutes } from './signal-routes.ts'
import { Signals } from './signals.ts'
import { signerOf } from './signed.ts'
import type { LeaveReason, MeshEvents } from './types.ts'
import { Words } from './words.ts'

/** What the mesh does about what its parts notice. */
export interface Reactions {
  readonly emitter: Emitter<MeshEvents>
  readonly count: (counter: string) => void
  /** Resolves when the libp2p node runs; undefined before the start and after leaving. */
  readonly node: () => Promise<Node> | undefined
  /** The room's list was read: how many others there are. */
  readonly welcomed: (others: number) => void
  /** Of that list, or of those who joined since: a tab of this browser. */
  readonly near: (near: Remote) => void
  readonly joined: (member: Member) => void
  readonly departed: (member: Member, reason: LeaveReason) => void
  readonly linkChanged: (peer: PeerId) => void
}

export type Assembly = ReturnType<typeof assemble>

export function assemble(options: MeshOptions, reactions: Reactions) {
  const { key, session, room, random, newId, rendezvous } = options
  const id = peerIdOf(key)
  const own = new OwnWords(options)
  const signer = signerOf(key, id)
  const { emitter, count } = reactions
  const sessionOf = (peer: PeerId) => lobby.candidates.get(peer) ?? membership.members.get(peer)?.announcement.session
  const infoOf = (peer: PeerId) => {
    const member = membership.members.get(peer)
    return member && peerInfoOf(member, links, membership.phi(peer))
  }
  const dropLink = (peer: PeerId, counter: string) => {
    count(counter)
    void dialler.retire(peer)
  }
  const parts: MeshParts = {
    options,
    signer,
    count,
    exchange: () => exchange,
    lobby: () => lobby,
    membership: () => membership,
    overlay: () => overlay,
    signals: () => signals,
    sessionOf,
  }
  const faults = faultsIn(parts, event => emitter.emit('fault', event))
  const { clock } = faults
  const settings = failureSettings(options.preset)
  const limit = new RoomLimit(options.maxAgents)
  const inbox = new Inbox({ clock, count })
  const links = new LinkTable(clock)
  const care = new LinkCare({
    clock,
    links,
    provider: () => provider,
    heartbeat: () => heartbeat,
    probeRendezvous: () => lobby.probe(),
    timeoutMs: settings.timeoutMs,
    retire: peer => void dialler.retire(peer),
  })
  const siblings = new SiblingWatch(options, ({ id, announcement }) => membership.isGone(id, announcement.session))
  const words = new Words({
    clock,
    count,
    delivery: () => delivery,
    onMembership: (word, from) => void membership.receive(word, from),
    onSignal: sealed => signals.receive(sealed),
  })
  const provider = options.links({
    self: { peer: id, session },
    sendSignal: (to, signal) => signals.send(to, signal),
    retire: peer => dialler.retire(peer),
    dials: care.dials,
    onSaid: (peer, bytes) => void (faults.mayLink(peer) && membership.receiveGoodbye(parseJson(bytes))),
  })
  const signals = new Signals({
    room,
    signer,
    session,
    count,
    carry: (to, sealed) => routes.carry(to, sealed),
    onSignal: (from, signal) => faults.mayLink(from.peer) && provider.receive?.(from, signal),
    onOther: record => faults.receive(record),
  })
  const routes = new SignalRoutes({
    clock,
    count,
    isNear: to => lobby.isNear(to),
    carry: (to, sealed) => lobby.carry(to, sealed),
    sessionOf: peer => links.sessionOf(peer) ?? membership.members.get(peer)?.announcement.session,
    hasPath: peer => delivery.hasPath(peer),
    relay: (to, sealed) => words.signal(to, sealed),
  })
  const lobby = new Lobby({
    self: id,
    room,
    clock,
    session,
    rendezvous,
    onSignal: sealed => signals.receive(sealed),
    onCandidate: (peer, isNewcomer) => {
      if (isNewcomer) overlay.newcomer(peer)
      overlay.changed()
    },
    onNear: near => reactions.near(near),
    onLeft: (peer, gone) => membership.hint(peer, gone, 'left'),
    onState: options.onSignalingState,
    onWelcome: others => {
      limit.welcome(others, options)
      reactions.welcomed(others)
    },
    onProblem: options.onProblem,
  })
  const membership = new MembershipDriver({
    clock,
    random,
    settings,
    signer,
    session,
    count,
    describe: () => own.describe(links.announced),
    tell: (to, word) => words.tell(to, word),
    ping: (peer, timeoutMs, doubted) => heartbeat.probe(peer, timeoutMs, doubted),
    ask: (prober, subject, timeoutMs) => heartbeat.ask(prober, subject, timeoutMs),
    heardMs: peer => links.heardMs(peer),
    closeLink: peer => care.silent(peer),
    isMending: peer => provider.broken?.has(peer) ?? false,
    onQuiet: peer => care.quiet(peer),
    onJoined: member => reactions.joined(member),
    onChanged: member => emitter.emit('agent-change', peerInfoOf(member, links, membership.phi(member.id))),
    onDeparted: (member, reason) => reactions.departed(member, reason),
  })
  const partition = new PartitionDriver({
    clock,
    on: (event, listener) => emitter.on(event, listener),
    links: () => links.peers.length,
    isolatedAfterMs: settings.timeoutMs,
    emit: (name, detail) => emitter.emit(name, detail),
    onHeal: () => membership.healed(),
  })
  const overlay = new OverlayDriver({
    self: id,
    clock,
    random,
    candidates: () => new Set([...lobby.candidates.keys(), ...membership.members.keys()]),
    linked: () => new Set(links.peers),
    engaged: () => provider.engaged,
    degreeOf: peer => membership.members.get(peer)?.announcement.links.length ?? 0,
    dial: peer => dialler.dial(peer),
    drop: peer => void dialler.retire(peer),
    suspects: () => suspectsOf(membership.members.values()),
    rttMsOf: peer => infoOf(peer)?.rttMs,
    ...(options.reputationOf && { reputationOf: options.reputationOf }),
  })
  const exchange = new Exchange({
    clock,
    newId,
    count,
    delivery: () => delivery,
    broadcasts: () => broadcasts,
    peers: () => [...membership.members.keys()],
  })
  answerCapabilityQueries(exchange, () => own.announced)
  takeOrders(parts, faults)
  const heartbeat = new Heartbeat({
    clock,
    exchange,
    links,
    onMeasured: peer => reactions.linkChanged(peer),
    onPing: payload => membership.pinged(payload),
    onAsked: (by, payload) => membership.asked(by, payload),
  })
  const dialler = new Dialler({
    clock,
    provider,
    node: () => reactions.node(),
    isLinked: peer => links.has(peer),
    onceOpen: (peer, then) => emitter.on('link-open', link => link.peer === peer && then()),
  })
  const lanes = new Lanes({
    onFrame: (from, bytes, lane) =>
      faults.messages.message(from, 'in', () => {
        links.heard(from)
        inbox.push(from, bytes.length, () => delivery.receive(from, bytes, lane))
      }),
    onSend: (to, send) => faults.messages.message(to, 'out', send),
    onBroken: peer => dropLink(peer, 'links-dropped'),
  })
  const delivery = new Delivery({
    signer,
    session,
    count,
    lanes,
    connectionTo: peer => links.connectionTo(peer),
    neighbours: () => links.peers,
    isSound: peer => !provider.broken?.has(peer),
    graph: () => graphOf(membership.members.values()),
    doubted: () => membership.doubted,
    sessionOf,
    onFrame: (from, frame, isDirect) =>
      frame.header.kind === 'tell' ? words.receive(from, frame, isDirect) : exchange.receive(from, frame),
    onRelayed: (peer, bytes) => overlay.relayed(peer, bytes),
  })
  const broadcasts = new Broadcasts({
    clock,
    signer,
    count,
    neighbours: () => links.peers,
    isAlone: () => membership.members.size === 0,
    congestion: () => links.congestion,
    slowMs: () => exchange.calls.slowMs,
    topics: () => exchange.figures?.topics,
    onDeaf: peer => dropLink(peer, 'gossip.links-remade'),
    onFrame: (from, frame) => exchange.receive(from, frame),
  })
  const gossip: Omit<HearingOptions, 'clock'> &
    Pick<TreesOptions, 'originOf' | 'batchId'> &
    Omit<SiblingGossipOptions, 'clock' | 'pipes' | 'trees'> = {
    self: id,
    count,
    originOf,
    batchId,
    batchKey,
    came: batch => broadcasts.came(batch),
    receive: batch => broadcasts.receive(batch),
    receiveInTurn: (from, batch) => broadcasts.receiveInTurn(from, batch),
    isUnsigned,
    others: () => membership.members.keys(),
    onSay: say => {
      broadcasts.sayNear = say
    },
    libp2pId: peerIdFromString,
    neighbours: () => links.peers,
    // That it could not be made, whoever started the mesh is told.
    node: () => reactions.node()?.catch(() => new Promise<never>(() => {})),
    topic: gossipTopic,
    complain: peer => words.complain(peer),
    onComplaint: listener => {
      words.onUnheard = listener
      return () => {
        words.onUnheard = () => {}
      }
    },
    remake: peer => dropLink(peer, 'gossip.links-remade'),
  }
  return {
    id,
    sessionOf,
    gossip,
    infoOf,
    broadcasts,
    care,
    delivery,
    dialler,
    exchange,
    faults,
    heartbeat,
    inbox,
    lanes,
    limit,
    links,
    lobby,
    membership,
    overlay,
    own,
    partition,
    provider,
    routes,
    siblings,
    signer,
    signals,
    words,
  }
}
