/** Detectors that all know each other, with links in full mesh, in a world of exact steps: what is sent arrives 2 ms later unless it is cut. */
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import {
  type DetectorEffect,
  type DetectorInput,
  type DetectorState,
  detectorOf,
} from '../../../src/mesh/detector/state.ts'
import { step } from '../../../src/mesh/detector/step.ts'
import { type FailureSettings, presets } from '../../../src/mesh/presets.ts'
import { seededRandom } from '../../link/support/turns.ts'

const wayMs = 2

interface Turn {
  readonly atMs: number
  readonly order: number
  readonly to: PeerId
  readonly run: () => void
}

interface Self {
  readonly id: PeerId
  readonly state: DetectorState
  readonly heardMs: Map<PeerId, number>
  sequence: number
  isPaused: boolean
  isUp: boolean
  backlog: (() => void)[]
  /** The timer that counts; older ones are cancelled. */
  timer: number
}

type Told = DetectorInput extends infer Each ? (Each extends unknown ? Omit<Each, 'nowMs'> : never) : never

export const sessionOf = (peer: PeerId) => `k000-${peer}` as SessionId

export class DetectorRoom {
  nowMs = 0
  /** What detectors decided, as `ADA suspect BOB at 1234`. */
  readonly log: string[] = []
  readonly asked: string[] = []
  /** Pings of all so far. */
  pings = 0
  /** Paths known to be broken, as `ADA BOB` where Ada sees it. */
  readonly mending = new Set<string>()
  /** True where nothing gets through from one to the other. */
  isCut: (from: PeerId, to: PeerId) => boolean = () => false
  readonly #selves = new Map<PeerId, Self>()
  readonly #turns: Turn[] = []
  #order = 0

  constructor(names: readonly string[], settings: FailureSettings = presets.default, seed = 1) {
    const peers = names as readonly PeerId[]
    for (const [at, id] of peers.entries()) {
      const heardMs = new Map<PeerId, number>()
      const view = {
        sessionOf: (peer: PeerId) => (this.#selves.has(peer) ? sessionOf(peer) : undefined),
        heardMs: (peer: PeerId) => heardMs.get(peer) ?? Number.NEGATIVE_INFINITY,
        linksOf: (peer: PeerId) => peers.filter(other => other !== peer),
        isMending: (peer: PeerId) => this.mending.has(`${id} ${peer}`),
        sequenceOf: (peer: PeerId) => this.#selves.get(peer)?.sequence ?? 0,
      }
      const state = detectorOf(id, settings, seededRandom(100 * seed + at), view, 0)
      this.#selves.set(id, { id, state, heardMs, sequence: 1, isPaused: false, isUp: true, backlog: [], timer: 0 })
    }
    for (const self of peers)
      for (const peer of peers.filter(other => other !== self)) {
        this.step(self, { kind: 'joined', peer })
        this.step(self, { kind: 'linked', peer })
      }
    for (const self of peers) this.step(self, { kind: 'tick' })
  }

  step(self: string, told: Told): void {
    const own = this.#of(self)
    for (const effect of step(own.state, { ...told, nowMs: this.nowMs } as DetectorInput)) this.#perform(own, effect)
  }

  stateOf(self: string): DetectorState {
    return this.#of(self).state
  }

  crash(peer: string): void {
    this.#of(peer).isUp = false
  }

  pause(peer: string): void {
    this.#of(peer).isPaused = true
  }

  /** What came meanwhile is handled now, timers last. */
  resume(peer: string): void {
    const self = this.#of(peer)
    self.isPaused = false
    for (const run of self.backlog.splice(0)) run()
    this.step(peer, { kind: 'tick' })
  }

  run(forMs: number): void {
    const untilMs = this.nowMs + forMs
    for (;;) {
      let turn = this.#turns[0]
      for (const other of this.#turns)
        if (turn && (other.atMs < turn.atMs || (other.atMs === turn.atMs && other.order < turn.order))) turn = other
      if (!turn || turn.atMs > untilMs) break
      this.#turns.splice(this.#turns.indexOf(turn), 1)
      this.nowMs = turn.atMs
      const self = this.#of(turn.to)
      if (self.isPaused) self.backlog.push(turn.run)
      else if (self.isUp) turn.run()
    }
    this.nowMs = untilMs
  }

  #of(peer: string): Self {
    const self = this.#selves.get(peer as PeerId)
    if (!self) throw new Error(`nobody is called ${peer}`)
    return self
  }

  #later(to: PeerId, afterMs: number, run: () => void): void {
    this.#turns.push({ atMs: this.nowMs + afterMs, order: this.#order++, to, run })
  }

  #send(from: Self, to: PeerId, arrive: (self: Self) => void): void {
    if (this.isCut(from.id, to) || !from.isUp) return
    this.#later(to, wayMs, () => {
      const self = this.#of(to)
      self.heardMs.set(from.id, this.nowMs)
      arrive(self)
    })
  }

  #perform(self: Self, effect: DetectorEffect): void {
    if (effect.kind === 'wake') {
      const timer = ++self.timer
      this.#later(self.id, Math.max(0, effect.atMs - this.nowMs), () => {
        if (self.timer === timer) this.step(self.id, { kind: 'tick' })
      })
    } else if (effect.kind === 'ping') {
      const sentMs = this.nowMs
      this.pings++
      this.#send(self, effect.peer, other => {
        this.#send(other, self.id, () =>
          this.step(self.id, { kind: 'heard', peer: other.id, rttMs: this.nowMs - sentMs }),
        )
        if ((effect.doubted ?? -1) >= other.sequence) this.#refute(other)
      })
    } else if (effect.kind === 'ask') {
      this.asked.push(`${self.id} asks ${effect.prober} of ${effect.peer}`)
      const { peer, session } = effect
      this.#send(self, effect.prober, other => this.step(other.id, { kind: 'asked', by: self.id, peer, session }))
    } else if (effect.kind === 'answer') {
      const { peer, session, isAlive } = effect
      this.#send(self, effect.to, other =>
        this.step(other.id, { kind: 'answered', by: self.id, peer, session, isAlive }),
      )
    } else this.log.push(`${self.id} ${effect.kind} ${effect.peer} at ${Math.round(this.nowMs)}`)
  }

  /** Announces itself with a higher sequence, which others pass on: no cut between two keeps it from anybody. */
  #refute(self: Self): void {
    self.sequence++
    for (const other of this.#selves.keys())
      if (other !== self.id) this.#later(other, 3 * wayMs, () => this.step(other, { kind: 'heard', peer: self.id }))
  }
}
