/**
 * A place where one actor runs: it can crash and start again, freeze and thaw, and has a clock that may run fast, slow or jump.
 * Whatever an actor began in an earlier life never reaches a later one.
 */
import type { Clock } from '../../base/clock.ts'
import { PAUSED_BACKLOG_MAX } from './limits.ts'
import { chance, type Sfc32 } from './random.ts'
import { ms } from './time.ts'
import type { World } from './world.ts'

/** A protocol with its driver. It is made when the node starts, and forgotten when the node stops. */
export interface Actor<Message> {
  receive(from: string, message: Message): void
  /** The node stops in order, not by a crash: last words may be sent. */
  leave?(): void
}

/** All that an actor has of the world. */
export interface Host<Message> {
  readonly name: string
  /** Different in each life of the node. */
  readonly life: number
  readonly random: Sfc32
  /** The node's own: it drifts, jumps, and stands still for nobody. Timers of a frozen node fire once, late. */
  readonly clock: Clock
  send(to: string, message: Message): void
  /** Calls `fn` after `delayUs` of true time, unless this life is over; freezes with the node. For devices, not for protocols. */
  later(delayUs: number, kind: string, fn: () => void): void
  /** Calls `fn` in this very event, or when the node thaws, unless this life is over. For devices too. */
  now(kind: string, fn: () => void): void
  note(kind: string, detail?: unknown): void
  /** Ends this life, as a crash would. */
  stop(): void
  /** Calls `fn` when this life ends, however it ends: that is when a disk loses what was not yet written. */
  atEnd(fn: () => void): void
}

export type Boot<Message> = (host: Host<Message>) => Actor<Message>

export class Node<Message> {
  readonly name: string
  /** Small, stable, for network rules. */
  readonly number: number
  readonly #world: World<Message>
  readonly #random: Sfc32
  #boot: Boot<Message> | undefined
  #actor: Actor<Message> | undefined
  #life = 0
  #isPaused = false
  #isGone = false
  #endings: (() => void)[] = []
  /** What happened to it while it was frozen, in order. */
  #backlog: { readonly kind: string; readonly run: () => void }[] = []
  /** Its clock runs at `#rate` since `#rateSinceUs`, when it showed `#localUs`; the wall clock adds `#wallUs`. */
  #rate = 1
  #rateSinceUs = 0
  #localUs = 0
  #wallUs = 1.7e15 // the year 2023, because code may not assume that time starts at 0

  constructor(world: World<Message>, name: string, number: number) {
    this.#world = world
    this.name = name
    this.number = number
    this.#random = world.random.fork(`node/${name}`)
  }

  get isUp(): boolean {
    return this.#actor !== undefined
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Removed for good; nothing starts it again. */
  get isGone(): boolean {
    return this.#isGone
  }

  get life(): number {
    return this.#life
  }

  /** Starts a new life; with the boot of the last one if none is given. */
  start(boot: Boot<Message> | undefined = this.#boot): void {
    if (this.#isGone) return
    if (this.#actor) throw new Error(`${this.name} runs already`)
    if (!boot) throw new Error(`${this.name} was never told what to run`)
    this.#boot = boot
    this.#life++
    this.#world.trace.note(this.#world.nowUs, 'start', this.name)
    this.#actor = boot(this.#hostOf(this.#life))
  }

  /** The end of this life, at once. What it sent stays on its way. */
  crash(): void {
    if (!this.#actor) return
    this.#world.trace.note(this.#world.nowUs, 'stop', this.name)
    this.#actor = undefined
    this.#isPaused = false
    this.#backlog = []
    for (const end of this.#endings.splice(0)) end()
  }

  /** A crash after which there is no other life. */
  remove(): void {
    this.crash()
    this.#isGone = true
  }

  leave(): void {
    this.#actor?.leave?.()
    this.crash()
  }

  /** Frozen: nothing runs, messages pile up. */
  pause(): void {
    if (!this.#actor || this.#isPaused) return
    this.#world.trace.note(this.#world.nowUs, 'pause', this.name)
    this.#isPaused = true
  }

  /** Thawed: what piled up is handled now. Timers come all before or all after the messages; browsers differ. */
  resume(): void {
    if (!this.#isPaused) return
    this.#world.trace.note(this.#world.nowUs, 'resume', this.name)
    this.#isPaused = false
    const timers = this.#backlog.filter(({ kind }) => kind === 'timer')
    const others = this.#backlog.filter(({ kind }) => kind !== 'timer')
    this.#backlog = []
    const order = chance(this.#random, 0.5) ? [...timers, ...others] : [...others, ...timers]
    const life = this.#life
    for (const { kind, run } of order) this.#world.schedule(0, () => this.happen(life, kind, run))
  }

  /** The clock runs `rate` times as fast as true time from now on. */
  setClockRate(rate: number): void {
    this.#localUs = this.#monotonicUs()
    this.#rateSinceUs = this.#world.nowUs
    this.#rate = rate
  }

  /** Somebody sets the wall clock. */
  jumpWallClock(byUs: number): void {
    this.#wallUs += byUs
  }

  /** A message arrives. */
  deliver(from: string, message: Message, life = this.#life): string {
    if (this.#isPaused) return this.happen(life, 'deliver', () => this.#actor?.receive(from, message))
    if (life === this.#life) this.#actor?.receive(from, message)
    return this.name
  }

  /** Something happens to this life of the node: now, or when it thaws, or never if that life is over. Returns its name. */
  happen(life: number, kind: string, run: () => void): string {
    if (this.#actor && life === this.#life) {
      if (!this.#isPaused) run()
      else if (this.#backlog.length < PAUSED_BACKLOG_MAX) this.#backlog.push({ kind, run })
    }
    return this.name
  }

  #monotonicUs(): number {
    return this.#localUs + (this.#world.nowUs - this.#rateSinceUs) * this.#rate
  }

  #hostOf(life: number): Host<Message> {
    const world = this.#world
    const isAlive = (): boolean => this.#actor !== undefined && life === this.#life
    return {
      name: this.name,
      life,
      random: this.#random.fork(`life/${life}`),
      clock: this.#clockOf(life),
      send: (to, message) => world.network.send(this.name, to, message),
      later: (delayUs, kind, fn) => world.schedule(delayUs, () => this.happen(life, kind, fn)),
      now: (kind, fn) => this.happen(life, kind, fn),
      note: (kind, detail) => world.trace.note(world.nowUs, kind, this.name, undefined, detail),
      stop: () => {
        if (isAlive()) this.crash()
      },
      atEnd: fn => this.#endings.push(fn),
    }
  }

  #clockOf(life: number): Clock {
    const fire = (delayMs: number, fn: () => void): (() => void) => {
      let isCancelled = false
      this.#world.schedule((delayMs * ms) / this.#rate, () =>
        isCancelled ? undefined : this.happen(life, 'timer', () => isCancelled || this.#tick(fn)),
      )
      return () => {
        isCancelled = true
      }
    }
    return {
      nowMs: () => Math.floor((this.#wallUs + this.#monotonicUs()) / ms),
      monotonicMs: () => this.#monotonicUs() / ms,
      after: fire,
      every: (intervalMs, fn) => {
        let cancel = () => {}
        const again = (): void => {
          cancel = fire(intervalMs, () => {
            again() // first: `fn` may cancel
            fn()
          })
        }
        again()
        return () => cancel()
      },
    }
  }

  #tick(fn: () => void): void {
    this.#world.trace.note(this.#world.nowUs, 'timer', this.name)
    fn()
  }
}
