/**
 * Pages without a browser: they negotiate as simple-peer does (offer, answer, a candidate each way) and open channels between
 * engines, with delays by chance. Signals from one peer to another keep their order; between other peers nothing is ordered.
 */
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import { DialLog } from '../../../src/link/dials.ts'
import type { Pipe, Remote } from '../../../src/link/types.ts'
import { type LinkSignal, WebRtcLinks } from '../../../src/link/webrtc/links.ts'
import type { ToEngine, ToPage } from '../../../src/link/webrtc/protocol.ts'
import type { Turns } from './turns.ts'

const delayMsMax = 60

/** One tab: its engine's links and its page. */
export class Tab {
  readonly self: Remote
  readonly links: WebRtcLinks
  /** Every pipe that was ever handed out, by a dial of ours or of others. */
  readonly pipes: Pipe[] = []
  readonly dials: DialLog
  /** Orders to the page that made no sense. */
  readonly blunders: string[] = []
  readonly failures: unknown[] = []
  /** Attempts that the page has a connection for now. */
  readonly connections = new Map<string, FakeChannel>()
  /** What others had the page do: descriptions and candidates. */
  readonly signals: string[] = []
  readonly #started = new Set<string>()
  readonly #town: Town
  #retiring = 0
  #ids = 0

  constructor(self: Remote, town: Town) {
    this.self = self
    this.#town = town
    this.dials = new DialLog(town.turns.clock)
    this.links = new WebRtcLinks({
      self: self.peer,
      clock: town.turns.clock,
      iceServers: [],
      toPage: order => town.turns.after(0, () => this.#perform(order)),
      sendSignal: (to, signal) => town.carry(self, to, signal),
      retire: peer => this.#retire(peer),
      dials: this.dials,
      newId: () => `${self.session}.${++this.#ids}`,
      onSaid: () => {},
    })
    this.links.onPipe(pipe => this.#hold(pipe))
  }

  dial(to: Remote): void {
    this.links.dial(to, { signal: new AbortController().signal }).then(
      pipe => this.#hold(pipe),
      error => this.failures.push(error),
    )
  }

  openPipesTo(peer: PeerId): Pipe[] {
    return this.pipes.filter(pipe => pipe.remote.peer === peer && !(pipe as Pipe & { isClosed: boolean }).isClosed)
  }

  /** The page and its worker are gone; the others' connections notice. */
  die(): void {
    this.#town.gone(this)
    for (const channel of this.connections.values()) channel.close()
  }

  /** As libp2p, which takes its time to let go of a link. */
  #retire(peer: PeerId): Promise<void> {
    for (const pipe of this.openPipesTo(peer)) pipe.close('retired')
    this.#retiring++
    return new Promise(resolve =>
      this.#town.turns.after(this.#town.turns.chance(delayMsMax), () => {
        this.#retiring--
        resolve()
      }),
    )
  }

  #hold(pipe: Pipe): void {
    this.pipes.push(pipe)
    pipe.open({ onFrame: () => {}, onDrain: () => {}, onClose: () => {} })
  }

  #perform(order: ToPage): void {
    if (order.kind === 'start') this.#start(order.attempt, order.initiator)
    else if (order.kind === 'signal') this.#signal(order.attempt, order.data)
    else if (order.kind === 'end') this.connections.get(order.attempt)?.close()
  }

  #start(attempt: string, isInitiator: boolean): void {
    if (this.#retiring > 0 && !isInitiator) this.blunders.push(`${attempt} was started while an old link was let go`)
    if (this.#started.has(attempt)) this.blunders.push(`${attempt} was started twice`)
    this.#started.add(attempt)
    const channel = new FakeChannel(this.#town.turns, () => this.#ended(attempt))
    this.connections.set(attempt, channel)
    this.#tell({ kind: 'channel', attempt, channel: channel as unknown as RTCDataChannel })
    if (!isInitiator) return
    this.#tell({ kind: 'signal', attempt, data: '{"type":"offer"}' })
    this.#tell({ kind: 'signal', attempt, data: '{"type":"candidate"}' })
  }

  #signal(attempt: string, data: string): void {
    const channel = this.connections.get(attempt)
    this.signals.push(data)
    if (!this.#started.has(attempt)) this.blunders.push(`${attempt} got ${data} before its start`)
    if (!channel) return
    if (data.includes('offer')) {
      this.#tell({ kind: 'signal', attempt, data: '{"type":"answer"}' })
      this.#tell({ kind: 'signal', attempt, data: '{"type":"candidate"}' })
    } else if (data.includes('answer')) this.#town.connect(attempt)
  }

  #ended(attempt: string): void {
    this.connections.delete(attempt)
    this.#tell({ kind: 'ended', attempt, reason: 'closed' })
  }

  #tell(message: ToEngine): void {
    this.#town.turns.after(0, () => this.links.fromPage(message))
  }
}

/** Everybody, and what lies between them. */
export class Town {
  readonly turns: Turns
  readonly #tabs = new Map<SessionId, Tab>()
  readonly #lastArrivalMs = new Map<string, number>()

  constructor(turns: Turns) {
    this.turns = turns
  }

  open(peer: string, session = 'k000-aaaaaaaa'): Tab {
    const id = `${session}${peer.toLowerCase()}` as SessionId
    const tab = new Tab({ peer: peer as PeerId, session: id }, this)
    this.#tabs.set(id, tab)
    return tab
  }

  gone(tab: Tab): void {
    this.#tabs.delete(tab.self.session)
  }

  carry(from: Remote, to: Remote, signal: LinkSignal): void {
    const way = `${from.session} ${to.session}`
    const { turns } = this
    const arrivalMs = Math.max(this.#lastArrivalMs.get(way) ?? 0, turns.clock.nowMs() + turns.chance(delayMsMax))
    this.#lastArrivalMs.set(way, arrivalMs)
    turns.after(arrivalMs - turns.clock.nowMs(), () => this.#tabs.get(to.session)?.links.receive(from, signal))
  }

  connect(attempt: string): void {
    const ends = [...this.#tabs.values()].flatMap(tab => tab.connections.get(attempt) ?? [])
    const [one, two] = ends
    if (!one || !two || ends.length !== 2) return
    one.other = two
    two.other = one
    for (const end of ends) this.turns.after(this.turns.chance(delayMsMax), () => end.opens())
  }
}

/** As much of an RTCDataChannel as a pipe uses. */
class FakeChannel {
  readyState: 'connecting' | 'open' | 'closed' = 'connecting'
  readonly bufferedAmount = 0
  other: FakeChannel | undefined
  onopen: (() => void) | undefined
  onclose: (() => void) | undefined
  onmessage: ((event: { data: ArrayBuffer }) => void) | undefined
  readonly #turns: Turns
  readonly #onEnd: () => void

  constructor(turns: Turns, onEnd: () => void) {
    this.#turns = turns
    this.#onEnd = onEnd
  }

  send(): void {}

  opens(): void {
    if (this.readyState !== 'connecting') return
    this.readyState = 'open'
    this.onopen?.()
  }

  close(): void {
    if (this.readyState === 'closed') return
    this.readyState = 'closed'
    this.#turns.after(0, () => {
      this.onclose?.()
      this.#onEnd()
    })
    const { other } = this
    if (other) this.#turns.after(this.#turns.chance(delayMsMax), () => other.close())
  }
}
