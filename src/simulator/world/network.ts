/**
 * The network between nodes. Links are reliable and ordered in fair weather, as data channels are; weather makes them lose,
 * delay, duplicate and reorder. Rules cut links one way or both, or clog them: a clogged message arrives when the clog ends.
 */
import { copyInto } from './copy.ts'
import { chance, exponential, logBetween, type Sfc32 } from './random.ts'
import { ms, second } from './time.ts'
import type { World } from './world.ts'

export interface Weather {
  /** Fraction of messages lost. */
  lossRate: number
  /** Fraction of messages that arrive twice. */
  duplicateRate: number
  /** Fraction of messages that ignore the order of their link and come later, by up to `latenessMaxUs`. */
  reorderRate: number
  /** Delay of every message; on top comes an exponentially distributed part. */
  delayMinUs: number
  delayMeanUs: number
}

/** Between tabs of one machine or of one house. */
export const fairWeather: Readonly<Weather> = {
  lossRate: 0,
  duplicateRate: 0,
  reorderRate: 0,
  delayMinUs: 0.3 * ms,
  delayMeanUs: 2 * ms,
}

/** How late a message may be that has lost its place: from a hair to an election, or several, later. */
const latenessMinUs = 1 * ms
const latenessMaxUs = 8 * second

/** Does it concern messages of this direction? Nodes are given by number, so that a rule also covers nodes yet to come. */
export type Rule = (from: number, to: number) => boolean

export class Network<Message> {
  weather: Weather = { ...fairWeather }
  readonly #world: World<Message>
  readonly #random: Sfc32
  readonly #cuts = new Set<Rule>()
  readonly #clogs = new Map<Rule, number>()
  /** When the last ordered message of each direction arrives. */
  readonly #lastArrivalUs = new Map<number, number>()

  constructor(world: World<Message>) {
    this.#world = world
    this.#random = world.random.fork('network')
  }

  /** Loses whatever the rule concerns, what is on its way included, until the returned function is called. */
  cut(rule: Rule): () => void {
    this.#cuts.add(rule)
    return () => this.#cuts.delete(rule)
  }

  /** Holds back whatever the rule concerns until `untilUs`. */
  clog(rule: Rule, untilUs: number): void {
    this.#clogs.set(rule, untilUs)
  }

  /** All faults of the network end, and fair weather returns. What is clogged comes out. */
  heal(): void {
    this.#cuts.clear()
    this.#clogs.clear()
    this.weather = { ...fairWeather }
  }

  isCut(from: number, to: number): boolean {
    for (const rule of this.#cuts) if (rule(from, to)) return true
    return false
  }

  send(from: string, to: string, message: Message): void {
    const sender = this.#world.nodes.get(from)
    const receiver = this.#world.nodes.get(to)
    if (!sender || !receiver) return
    const sent = copyInto(this.#world.trace, message)
    const { lossRate, duplicateRate } = this.weather
    if (this.isCut(sender.number, receiver.number) || chance(this.#random, lossRate))
      return this.#world.trace.note(this.#world.nowUs, 'drop', to, from)
    this.#carry(sender.number, receiver.number, from, to, sent)
    if (chance(this.#random, duplicateRate))
      this.#carry(sender.number, receiver.number, from, to, copyInto(this.#world.trace, sent))
  }

  #carry(sender: number, receiver: number, from: string, to: string, message: Message): void {
    const nowUs = this.#world.nowUs
    const { delayMinUs, delayMeanUs, reorderRate } = this.weather
    let arrivalUs = nowUs + Math.round(delayMinUs + exponential(this.#random, delayMeanUs))
    if (chance(this.#random, reorderRate)) {
      arrivalUs += Math.round(logBetween(this.#random, latenessMinUs, latenessMaxUs))
    } else {
      const direction = sender * 2 ** 20 + receiver
      arrivalUs = Math.max(arrivalUs, this.#lastArrivalUs.get(direction) ?? 0)
      this.#lastArrivalUs.set(direction, arrivalUs)
    }
    this.#world.schedule(arrivalUs - nowUs, () => this.#arrive(sender, receiver, from, to, message))
  }

  #arrive(sender: number, receiver: number, from: string, to: string, message: Message): string | undefined {
    const nowUs = this.#world.nowUs
    const cloggedUntilUs = this.#cloggedUntilUs(sender, receiver)
    if (cloggedUntilUs > nowUs) {
      this.#world.schedule(cloggedUntilUs - nowUs, () => this.#arrive(sender, receiver, from, to, message))
      return undefined
    }
    if (this.isCut(sender, receiver)) {
      this.#world.trace.note(nowUs, 'drop', to, from, message)
      return undefined
    }
    this.#world.trace.note(nowUs, 'deliver', to, from, message)
    return this.#world.nodes.get(to)?.deliver(from, message)
  }

  #cloggedUntilUs(sender: number, receiver: number): number {
    let untilUs = 0
    for (const [rule, endUs] of this.#clogs) {
      if (endUs <= this.#world.nowUs) this.#clogs.delete(rule)
      else if (rule(sender, receiver)) untilUs = Math.max(untilUs, endUs)
    }
    return untilUs
  }
}
