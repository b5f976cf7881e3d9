/**
 * The live picture of the mesh. Lit keeps the discs and edges; positions are written straight into the SVG while the layout moves,
 * frame by frame, and not at all when it rests or the page is hidden. The list of peers beside it is its accessible form.
 */
import { html, LitElement, nothing, svg } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { styleMap } from 'lit/directives/style-map.js'
import type { PeerId } from '../../base/ids.ts'
import { peerColour } from '../colour.ts'
import { initials, roundTrip } from '../format.ts'
import { Frame } from '../frame.ts'
import { labelledLinksMax } from '../limits.ts'
import { crownPath } from '../look/crown.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { GraphLayout } from './graph-layout.ts'
import {
  discRadius,
  edgeWidth,
  type GraphEdge,
  type GraphNode,
  graphEdges,
  graphNodes,
  hasRoomForNames,
} from './graph-model.ts'
import { graphStyles } from './graph-styles.ts'
import './partition-pen.ts'

const labelChars = 16
/** A name, and what may be noted under it, pixels. */
const nameHeight = 40

export class MeshGraph extends LitElement {
  static override properties = { store: { attribute: false }, hovered: { state: true } }
  static override styles = [sharedStyles, graphStyles]
  declare store: ConsoleStore | undefined
  declare hovered: PeerId | undefined

  readonly #self = new Watch(this, () => this.store?.self)
  readonly #peers = new Watch(this, () => this.store?.peers)
  readonly #links = new Watch(this, () => this.store?.links)
  readonly #departed = new Watch(this, () => this.store?.departed)
  readonly #rates = new Watch(this, () => this.store?.rates)
  readonly #leader = new Watch(this, () => this.store?.leader)
  readonly #selected = new Watch(this, () => this.store?.selected)
  readonly #otherSide = new Watch(this, () => this.store?.otherSide)

  readonly #layout = new GraphLayout()
  #frame: Frame | undefined
  /** When the layout last moved, while it moves. */
  #drawnAtMs: number | undefined
  #size = { width: 0, height: 0 }
  #nodes: GraphNode[] = []
  #edges: GraphEdge[] = []
  /** Discs and labels, each with the id of its peer. */
  #standing: readonly Element[] = []
  readonly #lines = new Map<string | null, Element>()
  readonly #stillness = matchMedia('(prefers-reduced-motion: reduce)')
  readonly #resizes = new ResizeObserver(([entry]) => {
    if (!entry) return
    this.#size = { width: Math.round(entry.contentRect.width), height: Math.round(entry.contentRect.height) }
    this.requestUpdate()
  })

  override connectedCallback(): void {
    super.connectedCallback()
    this.#frame = new Frame(atMs => this.#advance(atMs))
    this.#resizes.observe(this)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#frame?.close()
    this.#resizes.disconnect()
  }

  override render() {
    const self = this.#self.value
    const { width, height } = this.#size
    if (!self || width === 0) return nothing
    const focus = this.hovered ?? this.#selected.value
    const source = {
      self,
      peers: this.#peers.value ?? [],
      links: this.#links.value ?? [],
      departed: this.#departed.value ?? [],
      rates: this.#rates.value ?? new Map(),
      leader: this.#leader.value?.host,
      focus,
    }
    this.#nodes = graphNodes(source)
    this.#edges = graphEdges(source)
    this.#layout.update(this.#nodes, this.#edges, this.#size)
    const near = this.#neighbours(focus)
    const radius = discRadius(this.#nodes.length)
    return html`<svg viewBox="0 0 ${width} ${height}" width=${width} height=${height} aria-hidden="true">
        ${this.#dial(width, height)}
        <g>${repeat(
          this.#edges,
          edge => edge.key,
          edge => this.#edge(edge, focus),
        )}</g>
        <g>${repeat(
          this.#nodes,
          node => node.id,
          node => this.#disc(node, radius, near),
        )}</g>
        <g>${repeat(
          this.#nodes,
          node => node.id,
          node => this.#label(node, radius, near),
        )}</g>
      </svg>
      ${this.#legend()}
      <partition-pen .store=${this.store} .places=${this.#places}></partition-pen>`
  }

  override updated(): void {
    this.#standing = [...this.renderRoot.querySelectorAll('[data-id]')]
    this.#lines.clear()
    for (const line of this.renderRoot.querySelectorAll('[data-key]'))
      this.#lines.set(line.getAttribute('data-key'), line)
    if (this.#stillness.matches) this.#layout.settle()
    this.#place()
    if (!this.#layout.isResting) this.#frame?.request()
  }

  readonly #places = (): ReadonlyMap<PeerId, { readonly x: number; readonly y: number }> =>
    new Map(
      this.#nodes.filter(node => node.kind !== 'departed').map(({ id }) => [id, this.#layout.position(id)] as const),
    )

  #advance(atMs: number): void {
    if (!this.#layout.isResting) {
      this.#layout.advance(this.#drawnAtMs === undefined ? 0 : atMs - this.#drawnAtMs)
      this.#place()
    }
    this.#drawnAtMs = this.#layout.isResting ? undefined : atMs
    if (!this.#layout.isResting) this.#frame?.request()
  }

  #place(): void {
    for (const element of this.#standing) {
      const { x, y } = this.#layout.position(element.getAttribute('data-id') as PeerId)
      element.setAttribute('transform', `translate(${x.toFixed(1)} ${y.toFixed(1)})`)
    }
    for (const { key, a, b, isOwn } of this.#edges) {
      const [line, label] = this.#lines.get(key)?.children ?? []
      const from = this.#layout.position(a)
      const to = this.#layout.position(b)
      // Away from this tab, where the labels of its links would crowd, and from the name that stands below the upper disc.
      const nameShare = (0.5 * nameHeight * (to.y - from.y)) / Math.max(1, distance(from, to)) ** 2
      const part = (isOwn ? 0.55 : 0.5) + nameShare
      setNumbers(line, { x1: from.x, y1: from.y, x2: to.x, y2: to.y })
      // Too short an edge has no room for words between its discs.
      const isLong = distance(from, to) > 2 * discRadius(this.#nodes.length) + 60
      label?.setAttribute('visibility', isLong ? 'visible' : 'hidden')
      setNumbers(label, { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part })
    }
  }

  /** Faint circles, as on an instrument: distance from the middle has no meaning, but the eye finds it. */
  #dial(width: number, height: number) {
    const reach = Math.min(width, height) / 2 - 12
    return svg`<g class="dial">${[0.34, 0.67, 1].map(
      part => svg`<circle cx=${width / 2} cy=${height / 2} r=${Math.max(1, reach * part)}></circle>`,
    )}</g>`
  }

  #edge(edge: GraphEdge, focus: PeerId | undefined) {
    const isNear = focus !== undefined && (edge.a === focus || edge.b === focus)
    const isLabelled =
      edge.rttMs !== undefined &&
      (isNear || (edge.isOwn && focus === undefined && this.#nodes.length <= labelledLinksMax))
    const classes = `edge ${edge.kind} ${edge.isOwn ? 'own' : ''} ${isNear ? 'near' : focus ? 'far' : ''}`
    return svg`<g class=${classes} data-key=${edge.key}>
      <line stroke-width=${edgeWidth(edge).toFixed(2)}></line>
      ${isLabelled ? svg`<text dy="4">${roundTrip(edge.rttMs)}</text>` : nothing}
    </g>`
  }

  #disc(node: GraphNode, radius: number, near: ReadonlySet<PeerId> | undefined) {
    const isSelf = node.kind === 'self'
    const isFar = near !== undefined && !near.has(node.id)
    const classes = [
      'disc',
      node.kind,
      node.isSuspect ? 'is-suspect' : '',
      isFar ? 'far' : '',
      this.#selected.value === node.id ? 'selected' : '',
      this.#otherSide.value?.includes(node.id) ? 'other-side' : '',
    ]
    const ring = radius + 4
    return svg`<g class=${classes.join(' ')} data-id=${node.id} style=${styleMap({ '--peer': peerColour(node.id) })}
        @click=${() => this.#choose(node)} @pointerenter=${() => this.#hover(node.id)} @pointerleave=${() => this.#hover(undefined)}>
      <title>${node.name}${isSelf ? ' (this tab)' : ''}${node.isLeader ? ', leads' : ''}</title>
      <circle class="halo" r=${ring + 5}></circle>
      <circle class="track" r=${ring}></circle>
      <circle class="load" r=${ring} pathLength="100" stroke-dasharray="${Math.round(node.load * 100)} 100" transform="rotate(-90)"></circle>
      <circle class="body" r=${radius}></circle>
      ${node.isLeader ? svg`<path class="crown" transform="translate(0 ${-ring - 2})" d=${crownPath}></path>` : nothing}
      ${radius >= 13 ? svg`<text class="initials" dy="0.36em" font-size=${radius * 0.7}>${initials(node.name)}</text>` : nothing}
    </g>`
  }

  /** Names lie above all discs, so that none is covered. */
  #label(node: GraphNode, radius: number, near: ReadonlySet<PeerId> | undefined) {
    const isSelf = node.kind === 'self'
    const isNear = near?.has(node.id) === true
    if (!isSelf && !isNear && (near !== undefined || !hasRoomForNames(this.#nodes.length, this.#size))) return nothing
    const below = radius + 21
    const note = isSelf ? 'this tab' : node.kind === 'departed' ? 'left' : node.isSuspect ? 'suspect' : ''
    return svg`<g class="label ${node.kind} ${node.isSuspect ? 'is-suspect' : ''}" data-id=${node.id}>
      <text class="name" y=${below}>${shortened(node.name)}</text>
      ${note ? svg`<text class="note" y=${below + 14}>${note}</text>` : nothing}
    </g>`
  }

  /** Only the kinds of line that are in the picture. */
  #legend() {
    const kinds = new Set(this.#edges.map(edge => edge.kind))
    const words = { webrtc: 'WebRTC', broadcast: 'same browser', relayed: 'relayed', memory: 'memory' } as const
    const shown = (['webrtc', 'broadcast', 'relayed', 'memory'] as const).filter(kind => kinds.has(kind))
    return html`<p class="legend small quiet" aria-hidden="true">
      ${shown.map(
        kind => html`<span>
          <svg class="edge ${kind}" width="24" height="8"><line x1="1" y1="4" x2="23" y2="4" stroke-width=${kind === 'relayed' ? 0.75 : 1.5}></line></svg>
          ${words[kind]}
        </span>`,
      )}
    </p>`
  }

  #neighbours(focus: PeerId | undefined): ReadonlySet<PeerId> | undefined {
    if (focus === undefined || !this.#nodes.some(node => node.id === focus)) return undefined
    const near = new Set([focus])
    for (const { a, b } of this.#edges) {
      if (a === focus) near.add(b)
      if (b === focus) near.add(a)
    }
    return near
  }

  #hover(id: PeerId | undefined): void {
    this.hovered = id
  }

  #choose(node: GraphNode): void {
    if (node.kind === 'peer') this.store?.selected.set(this.#selected.value === node.id ? undefined : node.id)
  }
}
customElements.define('mesh-graph', MeshGraph)

function setNumbers(element: Element | undefined, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) element?.setAttribute(name, value.toFixed(1))
}

function shortened(name: string): string {
  const characters = [...name]
  return characters.length <= labelChars ? name : `${characters.slice(0, labelChars - 1).join('')}…`
}

function distance(one: { readonly x: number; readonly y: number }, other: { readonly x: number; readonly y: number }) {
  return Math.hypot(other.x - one.x, other.y - one.y)
}
