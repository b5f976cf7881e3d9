/**
 * Where the discs stand. A force simulation finds at once where they will, and they glide there: some 24 frames after a change, where showing the
 * simulation at work took 150, and ten visible tabs on two cores did nothing else.
 */
import {
  forceCenter,
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type Simulation,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from 'd3-force'
import type { PeerId } from '../../base/ids.ts'
import { discRadius, type GraphEdge, type GraphNode, hasRoomForNames, type Size } from './graph-model.ts'

interface Body extends SimulationNodeDatum {
  readonly id: PeerId
  readonly isSelf: boolean
}
type Spring = SimulationLinkDatum<Body>
interface Place {
  readonly x: number
  readonly y: number
}

/** Steps of the simulation: 190 from the start, 150 after somebody came or left. */
const coolingPerStep = 0.036
const glideMs = 400
/** A page that draws this slowly is shown the end at once: motion it cannot follow costs it the most. */
const framesTooSlowMs = 50
/** Room for a label beside and below a disc, and for the legend, pixels. */
const sideMargin = 34
const topMargin = 16
const bottomMargin = 58

export class GraphLayout {
  readonly #simulation: Simulation<Body, Spring>
  #bodies = new Map<PeerId, Body>()
  /** Where each disc stood when the glide began. */
  #from = new Map<PeerId, Place>()
  /** Of the glide under way, 0 to 1. */
  #done = 1
  #size: Size = { width: 0, height: 0 }
  #shape = ''

  constructor() {
    this.#simulation = forceSimulation<Body, Spring>().alphaDecay(coolingPerStep).stop()
  }

  get isResting(): boolean {
    return this.#done >= 1
  }

  position(id: PeerId): Place {
    const to = this.#end(id)
    const from = this.#from.get(id)
    if (this.isResting || !from) return to
    const part = 1 - (1 - this.#done) ** 3 // quick at first, then gently to rest
    return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part }
  }

  /** Takes in who and what is there now; begins a glide only when that, or the size, changed. */
  update(nodes: readonly GraphNode[], edges: readonly GraphEdge[], size: Size): void {
    const shape = `${size.width} ${size.height} ${nodes.map(node => node.id).join()} ${edges.map(edge => edge.key).join()}`
    if (shape === this.#shape || size.width === 0) return
    const isFirst = this.#shape === ''
    this.#shape = shape
    this.#size = size
    const old = this.#bodies
    this.#from = new Map([...old.keys()].map(id => [id, this.position(id)]))
    this.#bodies = new Map(nodes.map(node => [node.id, old.get(node.id) ?? this.#newBody(node)]))
    this.#setForces([...this.#bodies.values()], edges)
    this.#simulation.alpha(isFirst ? 1 : 0.35)
    while (this.#simulation.alpha() >= this.#simulation.alphaMin()) this.#tick()
    // The first picture is already in order; only later changes are seen to move.
    this.#done = isFirst ? 1 : 0
  }

  /** Glides on by what `elapsedMs` since the last frame deserve. */
  advance(elapsedMs: number): void {
    this.#done = elapsedMs > framesTooSlowMs ? 1 : this.#done + elapsedMs / glideMs
  }

  /** Straight to rest, for those who do not want to see motion. */
  settle(): void {
    this.#done = 1
  }

  #end(id: PeerId): Place {
    const body = this.#bodies.get(id)
    return { x: body?.x ?? this.#size.width / 2, y: body?.y ?? this.#size.height / 2 }
  }

  #tick(): void {
    this.#simulation.tick()
    const radius = discRadius(this.#bodies.size)
    for (const body of this.#bodies.values()) {
      body.x = within(body.x ?? 0, radius + sideMargin, this.#size.width - radius - sideMargin)
      body.y = within(body.y ?? 0, radius + topMargin, this.#size.height - radius - bottomMargin)
    }
  }

  #newBody({ id, kind }: GraphNode): Body {
    const { width, height } = this.#size
    // Golden-angle places around the middle: apart from each other, and the same every time.
    const index = this.#bodies.size + idSpread(id)
    const distance = kind === 'self' ? 0 : Math.min(width, height) * 0.3
    const angle = index * 2.399963
    return {
      id,
      isSelf: kind === 'self',
      x: width / 2 + Math.cos(angle) * distance,
      y: height / 2 + Math.sin(angle) * distance,
    }
  }

  #setForces(bodies: Body[], edges: readonly GraphEdge[]): void {
    const { width, height } = this.#size
    const spacing = Math.sqrt((width * height) / Math.max(2, bodies.length))
    const radius = discRadius(bodies.length)
    const springs = edges
      .filter(edge => edge.kind !== 'relayed' && this.#bodies.has(edge.a) && this.#bodies.has(edge.b))
      .map(({ a, b }) => ({ source: a, target: b }))
    // Without names the discs may stand closer, in a round crowd. A narrow picture pulls harder along its short side.
    const isNamed = hasRoomForNames(bodies.length, this.#size)
    const pull = isNamed ? 0.05 : 0.14
    this.#simulation
      .nodes(bodies)
      .force(
        'springs',
        forceLink<Body, Spring>(springs)
          .id(body => body.id)
          .distance(spacing * 0.8)
          .strength(Math.min(0.35, 3 / Math.max(1, springs.length / bodies.length) / 10)),
      )
      .force('charge', forceManyBody<Body>().strength(-spacing * 2.4))
      .force('apart', forceCollide<Body>(!isNamed ? radius + 9 : Math.max(radius + 6, Math.min(52, spacing * 0.46))))
      // Each for itself may lean to one side; the middle of all stays in the middle.
      .force('middle', forceCenter<Body>(width / 2, (height + topMargin - bottomMargin) / 2).strength(0.5))
      .force(
        'x',
        forceX<Body>(width / 2).strength(body => pull * (body.isSelf ? 2 : 1) * Math.max(1, height / width)),
      )
      .force(
        'y',
        forceY<Body>(height / 2).strength(body => pull * (body.isSelf ? 2 : 1) * Math.max(1, width / height)),
      )
  }
}

function within(value: number, low: number, high: number): number {
  return high < low ? (low + high) / 2 : Math.min(high, Math.max(low, value))
}

/** A number from an id, so that two tabs that arrive together do not start at one place. */
function idSpread(id: string): number {
  let sum = 0
  for (const character of id.slice(-6)) sum = (sum * 31 + character.charCodeAt(0)) % 1_009
  return sum
}
