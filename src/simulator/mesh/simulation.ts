/**
 * One run from one seed: a room fills, a storm of faults goes over it, then calm, in which everybody must find everybody again.
 * What is measured is measured during the storm.
 */

import type { PeerId } from '../../base/ids.ts'
import { InvariantError } from '../../base/invariant.ts'
import { ms, second } from '../world/time.ts'
import type { TraceEvent } from '../world/trace.ts'
import { insist, Violation } from '../world/violation.ts'
import { World } from '../world/world.ts'
import { sampleGraph } from './graph.ts'
import { Journal } from './journal.ts'
import type { MeshMessage } from './messages.ts'
import type { MeshSimulationOptions } from './options.ts'
import { Room } from './room.ts'
import { type Percentiles, percentilesOf } from './samples.ts'
import { Storm } from './storm.ts'

/** One gossip round: gossipsub's heartbeat, and the overlay's review. */
export const roundMs = 1_000
/** Newcomers come so far apart while the room fills, and are then left alone for a while. */
const joinApartUs = 10 * ms
/** A larger room begins formed: so many joining within seconds is another question than a storm over them. */
const joinsMax = 200
const settleUs = 10 * second
const sampleEveryUs = 1 * second
const rumourEveryUs = 5 * second
/** After the storm everybody must know exactly who is there within this. */
const calmUs = 180 * second
/** Whoever came less than this ago need not be linked yet. */
const newUs = 3 * second
/** Events that may wait: a thousand peers tell each other of a thousand when a partition heals. */
const queuedMax = 5_000_000

export interface MeshRun {
  readonly seed: number
  readonly violation: { readonly invariant: string; readonly message: string } | undefined
  readonly traceHash: string
  readonly events: number
  readonly simulatedUs: number
  readonly figures: MeshFigures
}

export interface MeshFigures {
  /** Share of the samples in which all peers hung together, or each side of a split did. */
  readonly connected: number
  readonly samples: number
  /** Links per peer: how many samples of each number. */
  readonly degrees: Readonly<Record<number, number>>
  readonly verdicts: number
  readonly falseVerdicts: number
  /** From a crash to the first verdict, and to each of the others' knowing, ms. */
  readonly firstNoticeMs: Percentiles
  readonly noticeMs: Percentiles
  readonly rumours: number
  readonly rumourRounds: Percentiles
  readonly repairRounds: Percentiles
  /** From a cut to a peer's event `partition`, and from its end to `heal`, ms. */
  readonly splitMs: Percentiles
  readonly healMs: Percentiles
  readonly messagesPerPeerPerSecond: number
  readonly byKind: Readonly<Record<string, number>>
  readonly faults: Readonly<Record<string, number>>
  /** From the end of the storm until everybody listed exactly those who were there, ms. */
  readonly convergedMs: number | undefined
}

export function runMesh(
  seed: number,
  options: MeshSimulationOptions,
  watch?: (event: TraceEvent) => void,
  /** Each simulated minute of the storm. */
  onMinute?: (minute: number) => void,
): MeshRun {
  return new Simulation(seed, options, watch, onMinute).run()
}

class Simulation {
  readonly #seed: number
  readonly #options: MeshSimulationOptions
  readonly #world: World<MeshMessage>
  readonly #room: Room
  readonly #journal: Journal
  readonly #storm: Storm
  readonly #degrees: number[] = []
  readonly #onMinute: (minute: number) => void
  #minutes = 0
  readonly #joinedUs = new Map<PeerId, number>()
  #samples = 0
  #connected = 0
  #peerSeconds = 0
  #messages: ReadonlyMap<string, number> = new Map()
  #convergedMs: number | undefined

  constructor(
    seed: number,
    options: MeshSimulationOptions,
    watch?: (event: TraceEvent) => void,
    onMinute: (minute: number) => void = () => {},
  ) {
    this.#onMinute = onMinute
    this.#seed = seed
    this.#options = options
    this.#world = new World<MeshMessage>(seed, watch, queuedMax)
    this.#room = new Room(this.#world, options, () => this.#journal)
    this.#journal = new Journal(this.#room, options)
    this.#storm = new Storm(this.#room, options, this.#journal)
    this.#world.afterEach(acted => this.#journal.check(acted))
  }

  run(): MeshRun {
    let violation: MeshRun['violation']
    try {
      this.#play()
    } catch (error) {
      if (error instanceof Violation) violation = { invariant: error.invariant, message: error.message }
      else if (error instanceof InvariantError) violation = { invariant: 'core-invariant', message: error.message }
      else throw error
    }
    const { events, nowUs, trace } = this.#world
    const figures = this.#figures()
    return { seed: this.#seed, violation, traceHash: trace.hash, events, simulatedUs: nowUs, figures }
  }

  #play(): void {
    const world = this.#world
    const names = Array.from({ length: this.#options.peers }, (_, count) => `p${String(count).padStart(4, '0')}`)
    if (names.length > joinsMax) this.#room.form(names)
    else
      for (const [count, name] of names.entries())
        world.schedule(count * joinApartUs, () => {
          this.#room.join(name)
          return undefined
        })
    world.runUntil((names.length > joinsMax ? 0 : names.length * joinApartUs) + settleUs)
    insist(this.#isConverged(), 'joined', () => `not everybody knows everybody ${settleUs / second} s after joining`)
    const untilUs = world.nowUs + this.#options.minutes * 60 * second
    this.#room.field.sent.clear()
    this.#storm.begin(untilUs)
    this.#every(sampleEveryUs, untilUs, () => this.#sample())
    this.#every(60 * second, untilUs, () => this.#onMinute(++this.#minutes))
    this.#every(rumourEveryUs, untilUs - 30 * second, () => this.#journal.rumour())
    world.runUntil(untilUs)
    this.#messages = new Map(this.#room.field.sent)
    this.#storm.calm()
    const calmSinceUs = world.nowUs
    while (!this.#isConverged() && world.nowUs < calmSinceUs + calmUs) world.runUntil(world.nowUs + second)
    insist(this.#isConverged(), 'converged', () => this.#whoDiffers())
    this.#convergedMs = (world.nowUs - calmSinceUs) / ms
    const { rumours } = this.#journal.open
    insist(rumours === 0, 'rumour', () => `${rumours} rumours did not reach everybody`)
  }

  #every(everyUs: number, untilUs: number, act: () => void): void {
    const next = (): void =>
      this.#world.schedule(everyUs, () => {
        if (this.#world.nowUs <= untilUs) {
          act()
          next()
        }
        return undefined
      })
    next()
  }

  #sample(): void {
    const { nowUs } = this.#world
    for (const peer of this.#joinedUs.keys()) if (!this.#room.peers.has(peer)) this.#joinedUs.delete(peer)
    for (const peer of this.#room.present) if (!this.#joinedUs.has(peer)) this.#joinedUs.set(peer, nowUs)
    const isSettled = (peer: PeerId) => nowUs - (this.#joinedUs.get(peer) ?? nowUs) >= newUs || nowUs < settleUs
    const isCut = (one: PeerId, other: PeerId) => this.#journal.isCut(one, other)
    const { peers, field } = this.#room
    const graph = sampleGraph({ peers, field, nodeOf: peer => this.#room.nodeOf(peer) }, isSettled, isCut)
    if (graph.peers < 2) return
    this.#samples++
    this.#peerSeconds += (this.#room.present.length * sampleEveryUs) / second
    if (graph.parts <= (this.#journal.isSplit ? 2 : 1)) this.#connected++
    for (const degree of graph.degrees) this.#degrees[degree] = (this.#degrees[degree] ?? 0) + 1
  }

  /** Everybody who is there lists all the others, and nobody else. */
  #isConverged(): boolean {
    return this.#firstDifference() === undefined
  }

  #firstDifference(): string | undefined {
    const { peers } = this.#room
    for (const [id, self] of peers) {
      const { members } = self.membership
      if (members.size !== peers.size - 1) return `${id} lists ${members.size} of ${peers.size - 1}`
      for (const [other, { announcement }] of members)
        if (peers.get(other)?.session !== announcement.session) return `${id} lists ${other}, which is not there`
    }
    return undefined
  }

  #whoDiffers(): string {
    return `${calmUs / second} s after the storm ${this.#firstDifference()}`
  }

  #figures(): MeshFigures {
    const journal = this.#journal
    const total = [...this.#messages.values()].reduce((sum, count) => sum + count, 0)
    const rounds = (samples: readonly number[]) => percentilesOf(samples.map(value => Math.ceil(value / roundMs)))
    return {
      connected: this.#samples === 0 ? 0 : this.#connected / this.#samples,
      samples: this.#samples,
      degrees: { ...this.#degrees },
      verdicts: journal.verdicts,
      falseVerdicts: journal.falseVerdicts,
      firstNoticeMs: percentilesOf(journal.firstNoticeMs),
      noticeMs: percentilesOf(journal.noticeMs),
      rumours: journal.rumoursBegun,
      rumourRounds: rounds(journal.rumourMs),
      repairRounds: rounds(journal.repairs.until(this.#world.nowUs)),
      splitMs: percentilesOf(journal.splitMs),
      healMs: percentilesOf(journal.healMs),
      messagesPerPeerPerSecond: Math.round((100 * total) / Math.max(1, this.#peerSeconds)) / 100,
      byKind: Object.fromEntries(this.#messages),
      faults: Object.fromEntries(this.#storm.begun),
      convergedMs: this.#convergedMs,
    }
  }
}
