/** Which faults hit a simulated mesh, and when: drawn from the seed, so that a run can be told and repeated. */
import { shuffled } from '../../base/random.ts'
import { FaultInjector } from '../world/fault-injector.ts'
import { fairWeather } from '../world/network.ts'
import { between, exponential, type Sfc32 } from '../world/random.ts'
import type { Fault } from '../world/storm.ts'
import { ms, second } from '../world/time.ts'
import type { Journal } from './journal.ts'
import type { MeshMessage } from './messages.ts'
import type { MeshFaultKind, MeshSimulationOptions } from './options.ts'
import type { Room } from './room.ts'

/** Of those that come and go: how long a tab stays away before it is opened again, and how many crash instead of closing. */
const awayMinUs = 2 * second
const awayMaxUs = 60 * second
const crashShare = 0.5

/** Between two faults of a kind, and how long each lasts, on average. */
const rhythms: Readonly<Partial<Record<MeshFaultKind, readonly [everyUs: number, forUs: number]>>> = {
  partition: [600 * second, 60 * second],
  pause: [20 * second, 20 * second],
  oneway: [180 * second, 20 * second],
}

export class Storm {
  /** How many faults of each kind began. */
  readonly begun = new Map<string, number>()
  readonly #room: Room
  readonly #journal: Journal
  readonly #options: MeshSimulationOptions
  readonly #random: Sfc32
  readonly #injector: FaultInjector<MeshMessage>
  #isOver = false

  constructor(room: Room, options: MeshSimulationOptions, journal: Journal) {
    this.#journal = journal
    this.#room = room
    this.#options = options
    this.#random = room.world.random.fork('storm')
    const nodes = () => room.present.flatMap(peer => room.nodeOf(peer) ?? [])
    this.#injector = new FaultInjector<MeshMessage>(room.world, nodes, {
      partition: fault => this.#partition(fault),
      pause: fault => this.#pause(fault),
      oneway: fault => this.#oneWay(fault),
    })
  }

  /** From now until `untilUs`. */
  begin(untilUs: number): void {
    const { faults, lossRate } = this.#options
    const { world } = this.#room
    const has = (kind: MeshFaultKind) => faults.includes(kind)
    world.network.weather = {
      ...fairWeather,
      ...(has('loss') && { lossRate }),
      ...(has('duplicate') && { duplicateRate: 0.05 }),
      ...(has('reorder') && { reorderRate: 0.05 }),
      ...(has('delay') && { delayMeanUs: 50 * ms }),
    }
    this.#injector.schedule(this.#draw(untilUs))
    if (has('churn')) this.#churn(untilUs)
  }

  /** Everything heals; who is frozen thaws. */
  calm(): void {
    this.#isOver = true
    this.#injector.calm()
  }

  #draw(untilUs: number): Fault[] {
    const faults: Fault[] = []
    for (const [kind, [everyUs, forUs]] of Object.entries(rhythms)) {
      if (!this.#options.faults.includes(kind as MeshFaultKind)) continue
      const random = this.#random.fork(kind)
      const startUs = this.#room.world.nowUs
      for (let atUs = startUs + exponential(random, everyUs); atUs < untilUs; atUs += exponential(random, everyUs)) {
        const lengthUs = Math.min(exponential(random, forUs), untilUs - atUs)
        // Below 0.7 the pick is a victim by chance.
        const pick = 0.7 * random.next()
        const drawn = { kind, atUs: Math.round(atUs), forUs: Math.round(lengthUs), pick, strength: random.next() }
        faults.push({ id: faults.length, ...drawn })
      }
    }
    for (const { kind } of faults) this.begun.set(kind, (this.begun.get(kind) ?? 0) + 1)
    return faults
  }

  /** A tenth to a half of all cannot hear the others, nor be heard. */
  #partition(fault: Fault): () => void {
    const inside = this.#some(fault, between(this.#random.fork(`share/${fault.id}`), 0.1, 0.5))
    const heal = this.#room.world.network.cut((from, to) => inside.has(from) !== inside.has(to))
    this.#journal.cutBegan()
    return () => {
      heal()
      this.#journal.cutEnded()
    }
  }

  #pause(fault: Fault): (() => void) | undefined {
    const awake = this.#room.present.filter(peer => !this.#room.nodeOf(peer)?.isPaused)
    const peer = awake[Math.floor((fault.pick / 0.7) * awake.length)]
    const node = peer && this.#room.nodeOf(peer)
    if (!node) return undefined
    const { life } = node
    node.pause()
    this.#journal.froze(peer)
    return () => {
      if (node.life !== life || !node.isPaused) return
      this.#journal.thawed(peer)
      node.resume()
    }
  }

  #some(fault: Fault, share: number): Set<number> {
    const order = shuffled(this.#random.fork(`some/${fault.kind}/${fault.id}`), this.#room.present)
    const count = Math.max(1, Math.round(share * order.length))
    return new Set(order.slice(0, count).map(peer => this.#room.nodeOf(peer)?.number ?? -1))
  }

  /** A few peers are not heard by half of the others, though they hear them. */
  #oneWay(fault: Fault): () => void {
    const { network } = this.#room.world
    const inside = this.#some(fault, 0.02)
    // Half of all ways out of them are cut; the others are whole, so that they can be reached round about.
    return network.cut((from, to) => inside.has(from) && !inside.has(to) && (from * 31 + to * 17) % 2 === 0)
  }

  #churn(untilUs: number): void {
    const { peers, churnRate } = this.#options
    const everyUs = second / ((churnRate * peers) / 1_000)
    const random = this.#random.fork('churn')
    const { world } = this.#room
    const next = (): void => {
      world.schedule(exponential(random, everyUs), () => {
        if (this.#isOver || world.nowUs >= untilUs) return undefined
        next()
        const peer = this.#room.anybody()
        if (!peer || this.#room.present.length < 0.9 * peers) return undefined
        const isCrash = random.next() < crashShare
        if (isCrash) this.#journal.crashed(peer)
        else this.#journal.gone(peer)
        if (isCrash) this.#room.crash(peer)
        else this.#room.leave(peer)
        this.begun.set('churn', (this.begun.get('churn') ?? 0) + 1)
        world.schedule(between(random, awayMinUs, awayMaxUs), () => {
          this.#room.join(peer)
          return undefined
        })
        return peer
      })
    }
    next()
  }
}
