/** Performs failure detection: timers, pings and questions to others, in the order the machine wants them. */
import * as v from 'valibot'
import type { Clock } from '../../base/clock.ts'
import type { PeerId, SessionId } from '../../base/ids.ts'
import type { Random } from '../../base/random.ts'
import type { FailureSettings } from '../presets.ts'
import { phiOf } from './phi.ts'
import { type DetectorEffect, type DetectorInput, type DetectorState, type DetectorView, detectorOf } from './state.ts'
import { step } from './step.ts'

/** What a ping carries besides nothing: the sequence up to which its receiver is doubted. */
export const doubtSchema = v.strictObject({ doubted: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) })

export interface DetectorDriverOptions extends DetectorView {
  readonly self: PeerId
  readonly settings: FailureSettings
  readonly clock: Clock
  readonly random: Random
  /** The round trip, ms; undefined where nothing answered in time. */
  readonly ping: (peer: PeerId, timeoutMs: number, doubted: number | undefined) => Promise<number | undefined>
  /** What the prober found; undefined where it did not answer. */
  readonly ask: (
    prober: PeerId,
    subject: { readonly peer: PeerId; readonly session: SessionId },
    timeoutMs: number,
  ) => Promise<boolean | undefined>
  readonly onSuspect: (peer: PeerId, session: SessionId) => void
  readonly onAlive: (peer: PeerId) => void
  readonly onDead: (peer: PeerId, session: SessionId, isShared: boolean) => void
  readonly closeLink: (peer: PeerId) => void
}

type Told = DetectorInput extends infer Each ? (Each extends unknown ? Omit<Each, 'nowMs'> : never) : never

export class DetectorDriver {
  readonly #options: DetectorDriverOptions
  readonly #state: DetectorState
  /** Those who asked us, by whom they asked about. */
  readonly #asking = new Map<string, (isAlive: boolean | undefined) => void>()
  #stopWake = () => {}
  #isClosed = false

  constructor(options: DetectorDriverOptions) {
    const { self, settings, random, clock } = options
    this.#options = options
    this.#state = detectorOf(self, settings, random, options, clock.monotonicMs())
    this.step({ kind: 'tick' })
  }

  get doubted(): Iterable<PeerId> {
    return this.#state.cases.keys()
  }

  /** How unlikely this silence is, -log10; undefined for who has no link. */
  phi(peer: PeerId): number | undefined {
    const link = this.#state.links.get(peer)
    if (!link) return undefined
    const { clock, heardMs } = this.#options
    const lastMs = Math.max(link.rhythm.lastMs, heardMs(peer))
    return phiOf({ ...link.rhythm, lastMs }, clock.monotonicMs())
  }

  /** Another member wants to know whether this one answers us; undefined where we cannot tell. */
  async asked(by: PeerId, peer: PeerId, session: SessionId): Promise<boolean | undefined> {
    const { sessionOf, settings, clock } = this.#options
    if (sessionOf(peer) !== session) return undefined
    const key = `${by} ${peer}`
    const { promise, resolve } = Promise.withResolvers<boolean | undefined>()
    this.#asking.set(key, resolve)
    const stop = clock.after(settings.timeoutMs, () => resolve(undefined))
    this.step({ kind: 'asked', by, peer, session })
    return promise.finally(() => {
      stop()
      if (this.#asking.get(key) === resolve) this.#asking.delete(key)
    })
  }

  step(told: Told): void {
    if (this.#isClosed) return
    const input = { ...told, nowMs: this.#options.clock.monotonicMs() } as DetectorInput
    for (const effect of step(this.#state, input)) this.#perform(effect)
  }

  close(): void {
    this.#isClosed = true
    this.#stopWake()
  }

  #perform(effect: DetectorEffect): void {
    const { onSuspect, onAlive, onDead, closeLink, clock } = this.#options
    if (effect.kind === 'ping') void this.#ping(effect.peer, effect.doubted)
    else if (effect.kind === 'ask') void this.#ask(effect.prober, effect.peer, effect.session)
    else if (effect.kind === 'answer') this.#answer(`${effect.to} ${effect.peer}`, effect.isAlive)
    else if (effect.kind === 'suspect') onSuspect(effect.peer, effect.session)
    else if (effect.kind === 'alive') onAlive(effect.peer)
    else if (effect.kind === 'dead') onDead(effect.peer, effect.session, effect.isShared)
    else if (effect.kind === 'close') closeLink(effect.peer)
    else {
      this.#stopWake()
      const waitMs = Math.max(0, effect.atMs - clock.monotonicMs())
      this.#stopWake = clock.after(Math.ceil(waitMs), () => this.step({ kind: 'tick' }))
    }
  }

  async #ping(peer: PeerId, doubted: number | undefined): Promise<void> {
    const { ping, sessionOf, settings } = this.#options
    const session = sessionOf(peer)
    const rttMs = await ping(peer, settings.timeoutMs, doubted)
    // Whoever answers is the session that it was: another one would have replaced the link.
    if (rttMs !== undefined && session === sessionOf(peer)) this.step({ kind: 'heard', peer, rttMs })
  }

  async #ask(prober: PeerId, peer: PeerId, session: SessionId): Promise<void> {
    const isAlive = await this.#options.ask(prober, { peer, session }, this.#options.settings.timeoutMs)
    if (isAlive !== undefined) this.step({ kind: 'answered', by: prober, peer, session, isAlive })
  }

  #answer(key: string, isAlive: boolean): void {
    this.#asking.get(key)?.(isAlive)
  }
}
