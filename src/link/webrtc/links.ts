/** The engine's part of WebRTC links: which attempt is current per peer, and the pipe that comes of it. */
import type { Clock } from '../../base/clock.ts'
import { MeshError } from '../../base/errors.ts'
import type { PeerId } from '../../base/ids.ts'
import { BridgePipe } from '../bridge.ts'
import { ChannelPipe } from '../channel-pipe.ts'
import type { DialLog } from '../dials.ts'
import type { CandidateType, IceFacts } from '../facts.ts'
import { answersInFlightMax, dialsInFlightMax, dialTimeoutMs, endedAttemptsMax, signalQueueMax } from '../limits.ts'
import type { PipeBase } from '../pipe-base.ts'
import type { LinkProvider, Pipe, Remote } from '../types.ts'
import { PathCare } from './care.ts'
import { judgeOffer } from './glare.ts'
import { restartRequest, type SignalData, type ToEngine, type ToPage } from './protocol.ts'
import { Questions } from './questions.ts'

/** A signal as the mesh carries it: sealed and signed there, so `from` is proved before it comes here. */
export interface LinkSignal {
  readonly attempt: string
  readonly data: SignalData
}

/** A page that is busy or asleep has so long to tell what it knows, ms; gathering candidates may take it 4 s. */
const pathAnswerMs = 2_000
const candidatesAnswerMs = 6_000

export interface WebRtcLinksOptions {
  readonly self: PeerId
  readonly clock: Clock
  readonly iceServers: RTCIceServer[]
  readonly toPage: (message: ToPage) => void
  readonly sendSignal: (to: Remote, signal: LinkSignal) => void
  /** Ends a standing link to this peer and resolves when libp2p has let go of it. */
  readonly retire: (peer: PeerId) => Promise<void>
  readonly newId: () => string
  readonly dials: DialLog
  /** A goodbye that the peer's page said on its own channel, just before it went. */
  readonly onSaid: (peer: PeerId, bytes: Uint8Array) => void
}

interface Current {
  readonly id: string
  readonly remote: Remote
  readonly role: 'offerer' | 'answerer'
  readonly care: PathCare
  isOpen: boolean
  pipe: PipeBase | undefined
  settle: ((result: Pipe | MeshError) => void) | undefined
  /** Signals that came while an older link was being retired. */
  waiting: SignalData[] | undefined
}

export class WebRtcLinks implements LinkProvider {
  readonly kind = 'webrtc'
  readonly #options: WebRtcLinksOptions
  readonly #byPeer = new Map<PeerId, Current>()
  readonly #byAttempt = new Map<string, Current>()
  readonly #listeners = new Set<(pipe: Pipe) => void>()
  /** Pipes that opened before anybody listened; no more than dials were answered. */
  readonly #unheard: Pipe[] = []
  /** A recorded offer of an attempt that is over must not take down the link that came after it. */
  readonly #endedAttempts = new Set<string>()
  readonly #questions: Questions
  #isClosed = false

  constructor(options: WebRtcLinksOptions) {
    this.#options = options
    this.#questions = new Questions(options.clock)
  }

  get broken(): ReadonlySet<PeerId> {
    return new Set([...this.#byPeer.values()].filter(({ care }) => care.isBroken).map(({ remote }) => remote.peer))
  }

  mend(peer: PeerId): void {
    const current = this.#byPeer.get(peer)
    if (current?.isOpen) current.care.suspect()
  }

  async path(peer: PeerId): Promise<{ readonly restarts: number; readonly ice: IceFacts | undefined }> {
    const current = this.#byPeer.get(peer)
    if (!current) return { restarts: 0, ice: undefined }
    const { id: attempt, care } = current
    const ice = this.#questions.ask(pathAnswerMs, ask => this.#options.toPage({ kind: 'ask-path', ask, attempt }))
    return { ice: (await ice) as IceFacts | undefined, restarts: care.restarts }
  }

  async candidates(): Promise<readonly CandidateType[] | undefined> {
    const { iceServers, toPage } = this.#options
    const found = this.#questions.ask(candidatesAnswerMs, ask => toPage({ kind: 'ask-candidates', ask, iceServers }))
    return (await found) as readonly CandidateType[] | undefined
  }

  get engaged(): ReadonlySet<PeerId> {
    return new Set([...this.#byPeer.values()].filter(current => !current.isOpen).map(current => current.remote.peer))
  }

  dial(to: Remote, options: { readonly signal: AbortSignal }): Promise<Pipe> {
    const { promise, resolve, reject } = Promise.withResolvers<Pipe>()
    if (this.#isClosed) {
      reject(new MeshError('left', 'this peer left'))
      return promise
    }
    const former = this.#byPeer.get(to.peer)
    // A pipe that we closed ends some ms later, when its channel has flushed; whoever dials again need not wait for that.
    if (former && !former.pipe?.isClosed) {
      reject(new MeshError('dial-failed', 'a link to this peer exists or is being made'))
      return promise
    }
    if (this.engaged.size >= dialsInFlightMax) {
      reject(new MeshError('overloaded', `${dialsInFlightMax} dials are under way`))
      return promise
    }
    const current = this.#begin(this.#options.newId(), to, 'offerer')
    const timeout = this.#options.clock.after(dialTimeoutMs, () =>
      this.#fail(current, new MeshError('dial-failed', `no answer within ${dialTimeoutMs / 1000} s`)),
    )
    const onAbort = () => this.#fail(current, new MeshError('aborted', 'the dial was aborted'))
    options.signal.addEventListener('abort', onAbort, { once: true })
    current.settle = result => {
      timeout()
      options.signal.removeEventListener('abort', onAbort)
      if (result instanceof MeshError) reject(result)
      else resolve(result)
    }
    return promise
  }

  onPipe(listener: (pipe: Pipe) => void): () => void {
    this.#listeners.add(listener)
    for (const pipe of this.#unheard.splice(0)) listener(pipe)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#isClosed = true
    for (const current of [...this.#byPeer.values()]) this.#fail(current, new MeshError('left', 'this peer left'))
  }

  /** A signal of another peer, already opened and proved. */
  receive(from: Remote, signal: LinkSignal): void {
    if (this.#isClosed) return
    const known = this.#byAttempt.get(signal.attempt)
    if (known) {
      if (known.remote.peer !== from.peer) return // another peer's attempt is none of its business
      if (signal.data === restartRequest) {
        if (known.isOpen && known.role === 'offerer') known.care.suspect()
        return
      }
      this.#notePassed(known, signal.data, 'theirs')
      if (known.waiting) {
        if (known.waiting.length < signalQueueMax) known.waiting.push(signal.data)
      } else this.#options.toPage({ kind: 'signal', attempt: signal.attempt, data: signal.data })
    } else if (isOffer(signal.data)) {
      this.#receiveOffer(from, signal)
    } // otherwise it belongs to an attempt that is over
  }

  /** What the page tells of its connections. */
  fromPage(message: ToEngine): void {
    if (message.kind === 'answer') return this.#questions.answered(message)
    const current = this.#byAttempt.get(message.attempt)
    if (!current) return
    if (message.kind === 'channel') this.#adopt(current, message.channel)
    else if (message.kind === 'bridge') this.#bridge(current, message.port)
    else if (message.kind === 'opened') this.#opened(current)
    else if (message.kind === 'ice') this.#pathChanged(current, message.state)
    else if (message.kind === 'signal') {
      this.#notePassed(current, message.data, 'ours')
      this.#options.sendSignal(current.remote, { attempt: current.id, data: message.data })
    } else if (message.kind === 'said') this.#options.onSaid(current.remote.peer, message.bytes)
    else this.#fail(current, new MeshError('dial-failed', message.reason))
  }

  #receiveOffer(from: Remote, signal: LinkSignal): void {
    if (this.#endedAttempts.has(signal.attempt)) return
    const current = this.#byPeer.get(from.peer)
    if (!current && this.engaged.size >= dialsInFlightMax + answersInFlightMax) return // it will dial again
    const offer = { attempt: signal.attempt, session: from.session }
    const seen = current && { ...current, session: current.remote.session }
    const verdict = judgeOffer(this.#options.self, from.peer, offer, seen)
    if (verdict === 'ignore') return
    if (!current) return this.#answer(from, signal.attempt, [signal.data])
    const wasOpen = current.isOpen
    this.#options.dials.yielded(current.id)
    this.#fail(current, new MeshError('disconnected', 'the other side dialled at the same moment, and its dial stands'))
    if (!wasOpen) return this.#answer(from, signal.attempt, [signal.data])
    // Announce the new attempt now, so that its candidates find it, but start it only when the old link is gone.
    const next = this.#begin(signal.attempt, from, 'answerer', [signal.data])
    const start = () => this.#startWaiting(next)
    this.#options.retire(from.peer).then(start, start)
  }

  #answer(from: Remote, attempt: string, signals: SignalData[]): void {
    this.#startWaiting(this.#begin(attempt, from, 'answerer', signals))
  }

  #startWaiting(current: Current): void {
    if (this.#byAttempt.get(current.id) !== current) return
    const { iceServers } = this.#options
    this.#options.toPage({ kind: 'start', attempt: current.id, initiator: false, iceServers })
    for (const data of current.waiting ?? []) this.#options.toPage({ kind: 'signal', attempt: current.id, data })
    current.waiting = undefined
  }

  #begin(id: string, remote: Remote, role: Current['role'], waiting?: SignalData[]): Current {
    const care = new PathCare(this.#options.clock, () => this.#restart(current))
    const current: Current = { id, remote, role, care, isOpen: false, pipe: undefined, settle: undefined, waiting }
    this.#options.dials.begin(id, remote.peer, role === 'offerer' ? 'dialler' : 'answerer')
    this.#byPeer.set(remote.peer, current)
    this.#byAttempt.set(id, current)
    if (role === 'offerer') {
      this.#options.toPage({ kind: 'start', attempt: id, initiator: true, iceServers: this.#options.iceServers })
    } else {
      this.#options.dials.pass(id, 'offered')
      this.#options.clock.after(dialTimeoutMs, () => {
        if (!current.isOpen) this.#fail(current, new MeshError('dial-failed', 'the dialler went silent'))
      })
    }
    return current
  }

  #adopt(current: Current, channel: RTCDataChannel): void {
    current.pipe = new ChannelPipe(current.remote, channel, reason => this.#ended(current, reason))
    if (channel.readyState === 'open') this.#opened(current)
    else channel.onopen = () => this.#opened(current)
  }

  #bridge(current: Current, port: MessagePort): void {
    current.pipe = new BridgePipe(current.remote, port, reason => this.#ended(current, reason))
  }

  #opened(current: Current): void {
    const { pipe } = current
    if (!pipe || current.isOpen) return
    current.isOpen = true
    this.#options.dials.pass(current.id, 'opened')
    if (current.role === 'offerer') current.settle?.(pipe)
    else if (this.#listeners.size === 0) this.#unheard.push(pipe)
    else for (const listener of this.#listeners) listener(pipe)
    current.settle = undefined
  }

  #pathChanged(current: Current, state: IceFacts['state']): void {
    if (state === 'connected' || state === 'completed') this.#options.dials.pass(current.id, 'connected')
    if (current.isOpen) current.care.state(state)
  }

  /** Only the end that made the offer can; the other asks it to. */
  #restart(current: Current): void {
    if (current.role === 'offerer') this.#options.toPage({ kind: 'restart', attempt: current.id })
    else this.#options.sendSignal(current.remote, { attempt: current.id, data: restartRequest })
  }

  #notePassed(current: Current, data: SignalData, whose: 'ours' | 'theirs'): void {
    const { dials } = this.#options
    if (isOffer(data)) dials.pass(current.id, 'offered')
    if (whose === 'ours') dials.pass(current.id, 'signaled')
    if (data.startsWith('{"type":"answer"')) dials.pass(current.id, 'answered')
    if (whose === 'theirs' && data.startsWith('{"type":"candidate"')) dials.pass(current.id, 'candidates')
  }

  #fail(current: Current, error: MeshError): void {
    current.settle?.(error)
    current.settle = undefined
    current.pipe?.close(error.message)
    this.#ended(current, error.message)
  }

  #ended(current: Current, reason: string): void {
    if (this.#byAttempt.get(current.id) !== current) return
    current.care.close()
    this.#options.dials.ended(current.id, reason)
    this.#byAttempt.delete(current.id)
    this.#endedAttempts.add(current.id)
    for (const oldest of this.#endedAttempts) {
      if (this.#endedAttempts.size <= endedAttemptsMax) break
      this.#endedAttempts.delete(oldest)
    }
    if (this.#byPeer.get(current.remote.peer) === current) this.#byPeer.delete(current.remote.peer)
    this.#options.toPage({ kind: 'end', attempt: current.id })
  }
}

function isOffer(data: SignalData): boolean {
  return data.startsWith('{"type":"offer"')
}
