/**
 * A world from one seed: nodes, a network between them, disks, and a clock that jumps from event to event. It knows no protocol.
 *
 * One queue, one event at a time, no promises: the same seed gives the same run, event for event, and `trace.hash` shows it.
 * After each event whoever registered with `afterEach` may look at everything, and throws a Violation if a promise is broken.
 */
import { EventQueue } from './event-queue.ts'
import { EVENTS_QUEUED_MAX } from './limits.ts'
import { Network } from './network.ts'
import { Node } from './node.ts'
import { Sfc32 } from './random.ts'
import { Trace, type TraceEvent } from './trace.ts'
import { Violation } from './violation.ts'

/** Sees the world between two events; `acted` is the node that the last one happened to, if it happened to one. */
export type Observer = (acted: string | undefined) => void

export class World<Message> {
  readonly random: Sfc32
  readonly trace: Trace
  readonly network: Network<Message>
  readonly nodes = new Map<string, Node<Message>>()
  readonly #queue = new EventQueue<() => string | undefined>()
  readonly #observers: Observer[] = []
  readonly #queuedMax: number
  #nowUs = 0
  #events = 0

  constructor(seed: number, watch?: (event: TraceEvent) => void, queuedMax: number = EVENTS_QUEUED_MAX) {
    this.#queuedMax = queuedMax
    this.random = new Sfc32(seed, 'world')
    this.trace = new Trace(watch)
    this.network = new Network(this)
  }

  get nowUs(): number {
    return this.#nowUs
  }

  /** Events so far. */
  get events(): number {
    return this.#events
  }

  /** A place where an actor may run: a tab, a process. Not started yet. */
  addNode(name: string): Node<Message> {
    if (this.nodes.has(name)) throw new Error(`there is a node ${name} already`)
    const node = new Node(this, name, this.nodes.size)
    this.nodes.set(name, node)
    return node
  }

  /** `event` happens after `delayUs`, and says which node it happened to. */
  schedule(delayUs: number, event: () => string | undefined): void {
    if (this.#queue.size >= this.#queuedMax)
      throw new Violation('bounded', `${this.#queuedMax} events are waiting: something multiplies`)
    this.#queue.push(this.#nowUs + Math.max(0, Math.round(delayUs)), event)
  }

  afterEach(observer: Observer): void {
    this.#observers.push(observer)
  }

  /** Runs the next event; false if there is none before `untilUs`, and then it is `untilUs`. */
  step(untilUs: number): boolean {
    if (this.#queue.nextAtUs > untilUs) {
      if (untilUs < Number.POSITIVE_INFINITY) this.#nowUs = Math.max(this.#nowUs, untilUs)
      return false
    }
    this.#nowUs = this.#queue.nextAtUs
    const event = this.#queue.pop()
    this.#events++
    const acted = event?.()
    for (const observe of this.#observers) observe(acted)
    return true
  }

  runUntil(untilUs: number, isDone: () => boolean = () => false): void {
    while (!isDone() && this.step(untilUs));
  }
}
