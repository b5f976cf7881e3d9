/**
 * Makes the faults of a schedule happen. It knows those of networks, nodes and clocks; a scenario adds handlers for what only
 * it understands (a changed membership, an adopted disk), or replaces ours.
 */
import { integerBelow, shuffled } from '../../base/random.ts'
import { fairWeather, type Rule, type Weather } from './network.ts'
import type { Node } from './node.ts'
import { chance, Sfc32 } from './random.ts'
import type { Fault } from './storm.ts'
import { ms, second } from './time.ts'
import type { World } from './world.ts'

/** Begins a fault; the returned function ends it. */
export type FaultHandler = (fault: Fault) => (() => void) | undefined

/** The kinds of fault that any scenario understands. */
export const commonFaultKinds = [
  'loss',
  'delay',
  'duplicate',
  'reorder',
  'partition', // two groups that cannot hear each other
  'oneway', // some nodes are heard by nobody, or hear nobody
  'cut', // a single link
  'clog', // a direction of some links holds everything back
  'crash',
  'pause',
  'sleep', // a closed laptop: paused, its links dead, its wall clock ahead afterwards
  'clock', // runs fast or slow, or jumps
] as const

export class FaultInjector<Message> {
  readonly #world: World<Message>
  readonly #handlers: ReadonlyMap<string, FaultHandler>
  /** Whom faults may hit; the more interesting first. */
  readonly #victims: () => readonly Node<Message>[]
  readonly #weather = new Map<Fault, Partial<Weather>>()
  readonly #active = new Set<() => void>()
  #isCalm = false

  constructor(
    world: World<Message>,
    victims: () => readonly Node<Message>[],
    handlers: Readonly<Record<string, FaultHandler>> = {},
  ) {
    this.#world = world
    this.#victims = victims
    this.#handlers = new Map([...Object.entries(this.#commonHandlers()), ...Object.entries(handlers)])
  }

  /** Each fault must have a handler. Times count from the beginning of the world. */
  schedule(faults: readonly Fault[]): void {
    for (const fault of faults) {
      const handler = this.#handlers.get(fault.kind)
      if (!handler) throw new Error(`nobody knows how to make a fault of kind ${fault.kind}`)
      this.#world.schedule(fault.atUs - this.#world.nowUs, () => {
        if (!this.#isCalm) this.#begin(fault, handler)
        return undefined
      })
    }
  }

  /** A lull: the faults still going on end, and none of the schedule begins until `rage`. */
  calm(): void {
    this.#isCalm = true
    for (const end of [...this.#active]) end()
    this.#world.network.heal()
    for (const node of this.#world.nodes.values()) {
      node.resume()
      node.setClockRate(1)
    }
  }

  /** The storm goes on with whatever its schedule says from now on. */
  rage(): void {
    this.#isCalm = false
  }

  #begin(fault: Fault, handler: FaultHandler): void {
    this.#world.trace.note(this.#world.nowUs, 'fault', fault.kind, undefined, fault)
    const undo = handler(fault)
    if (!undo) return
    const end = (): void => {
      if (this.#active.delete(end)) undo()
    }
    this.#active.add(end)
    this.#world.schedule(fault.forUs, () => {
      end()
      return undefined
    })
  }

  #commonHandlers(): Record<(typeof commonFaultKinds)[number], FaultHandler> {
    return {
      loss: fault => this.#changeWeather(fault, { lossRate: 0.5 * fault.strength }),
      delay: fault => this.#changeWeather(fault, { delayMeanUs: (5 + 300 * fault.strength ** 3) * ms }),
      duplicate: fault => this.#changeWeather(fault, { duplicateRate: fault.strength }),
      reorder: fault => this.#changeWeather(fault, { reorderRate: fault.strength }),
      partition: fault => {
        const inside = fault.pick >= 0.7 ? this.#firstVictimAndSome(fault) : this.#someNodes(detailsOf(fault))
        return this.#world.network.cut((from, to) => inside.has(from) !== inside.has(to))
      },
      oneway: fault => this.#world.network.cut(this.#oneWay(fault)),
      cut: fault => {
        const [one, other] = this.#pair(fault)
        return this.#world.network.cut((from, to) => (from === one && to === other) || (from === other && to === one))
      },
      clog: fault => {
        this.#world.network.clog(this.#oneWay(fault), this.#world.nowUs + fault.forUs)
        return undefined
      },
      crash: fault => {
        const node = this.#victim(fault, candidate => candidate.isUp)
        node?.crash()
        return node && (() => node.isUp || node.start())
      },
      pause: fault => {
        const node = this.#victim(fault, candidate => candidate.isUp && !candidate.isPaused)
        node?.pause()
        return node && (() => node.resume())
      },
      sleep: fault => this.#sleep(fault),
      clock: fault => {
        const node = this.#victim(fault, candidate => candidate.isUp)
        // From a third of the true speed to three times as fast; and the wall clock up to a day to either side.
        node?.setClockRate(3 ** (2 * fault.pick - 1))
        node?.jumpWallClock(Math.round((fault.strength - 0.3) * 86_400 * second))
        return node && (() => node.setClockRate(1))
      },
    }
  }

  /** Who a fault of this pick hits; half of them the first of the victims, which a scenario puts there for a reason. */
  #victim(fault: Fault, isFit: (node: Node<Message>) => boolean): Node<Message> | undefined {
    const fit = this.#victims().filter(isFit)
    if (fault.pick >= 0.7) return fit[0]
    return fit[Math.floor((fault.pick / 0.7) * fit.length)]
  }

  #sleep(fault: Fault): (() => void) | undefined {
    const node = this.#victim(fault, candidate => candidate.isUp && !candidate.isPaused)
    if (!node) return undefined
    const heal = this.#world.network.cut((from, to) => from === node.number || to === node.number)
    node.pause()
    return () => {
      heal()
      node.jumpWallClock(Math.round(fault.strength * 10 * 3_600 * second))
      node.resume()
    }
  }

  #changeWeather(fault: Fault, change: Partial<Weather>): () => void {
    const apply = (): void => {
      this.#world.network.weather = Object.assign({ ...fairWeather }, ...this.#weather.values())
    }
    this.#weather.set(fault, change)
    apply()
    return () => {
      this.#weather.delete(fault)
      apply()
    }
  }

  /** At least one of those that run now, at most all but one. */
  #someNodes(random: Sfc32): Set<number> {
    const running = [...this.#world.nodes.values()].filter(node => node.isUp)
    const count = 1 + integerBelow(random, Math.max(1, running.length - 1))
    return new Set(
      shuffled(random, running)
        .map(node => node.number)
        .slice(0, count),
    )
  }

  /** The first victim without any other, and some of those that faults never hit (its clients, say, who notice nothing). */
  #firstVictimAndSome(fault: Fault): Set<number> {
    const random = detailsOf(fault)
    const [first, ...others] = this.#victims()
    const victims = new Set(others)
    const inside = new Set(first && [first.number])
    for (const node of this.#world.nodes.values())
      if (!victims.has(node) && chance(random, 0.5)) inside.add(node.number)
    return inside
  }

  #oneWay(fault: Fault): Rule {
    const random = detailsOf(fault)
    const inside = this.#someNodes(random)
    return chance(random, 0.5)
      ? (from, to) => inside.has(from) && !inside.has(to)
      : (from, to) => !inside.has(from) && inside.has(to)
  }

  #pair(fault: Fault): readonly [number, number] {
    const victims = this.#victims()
    const first = this.#victim(fault, () => true)
    const others = victims.filter(node => node !== first)
    const second = others[Math.floor(fault.strength * others.length)]
    return [first?.number ?? -1, second?.number ?? -1]
  }
}

/** Whatever else must be drawn for this fault, the same in each replay and whatever happened before. */
function detailsOf(fault: Fault): Sfc32 {
  return new Sfc32(Math.floor(fault.pick * 2 ** 32), fault.kind)
}
