/** Parting the room by hand: a line drawn over the graph, and under it who that would part from whom, before anything is done. */
import { css, html, LitElement, nothing, svg } from 'lit'
import '@awesome.me/webawesome/dist/components/button/button.js'
import { toMeshError } from '../../base/errors.ts'
import type { PeerId } from '../../base/ids.ts'
import { plural } from '../format.ts'
import { icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { otherSide, type Point } from './partition-line.ts'

export class PartitionPen extends LitElement {
  static override properties = {
    store: { attribute: false },
    places: { attribute: false },
    line: { state: true },
    failure: { state: true },
    isBusy: { state: true },
  }
  static override styles = [
    sharedStyles,
    css`
      :host {
        position: absolute;
        inset: 0;
        pointer-events: none;
      }
      .sheet {
        position: absolute;
        inset: 0;
        cursor: crosshair;
        pointer-events: auto;
        touch-action: none;
        user-select: none;
      }
      svg.line {
        display: block;
        width: 100%;
        height: 100%;
      }
      polyline {
        fill: none;
        stroke: var(--suspect);
        stroke-width: 2.5;
        stroke-dasharray: 7 5;
        stroke-linecap: round;
        stroke-linejoin: round;
      }
      .open {
        position: absolute;
        inset: 12px 12px auto auto;
        pointer-events: auto;
      }
      .bar {
        position: absolute;
        inset: auto 8px 8px 8px;
        display: flex;
        align-items: center;
        gap: 8px;
        min-height: 48px;
        padding: 6px 6px 6px 12px;
        border-radius: var(--radius);
        background: var(--paper-raised);
        box-shadow: var(--shadow);
        pointer-events: auto;
        user-select: none;
      }
      .words {
        flex: 1 1 0;
        line-height: 1.35;
      }
      wa-button[hidden] {
        display: none;
      }
      .label {
        display: inline-flex;
        align-items: center;
        gap: 6px;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  /** Where the discs stand, asked for when a line is done. */
  declare places: (() => ReadonlyMap<PeerId, Point>) | undefined
  declare line: readonly Point[]
  declare failure: string | undefined
  declare isBusy: boolean
  readonly #isParting = new Watch(this, () => this.store?.isParting)
  readonly #otherSide = new Watch(this, () => this.store?.otherSide)
  readonly #peers = new Watch(this, () => this.store?.peers)

  constructor() {
    super()
    this.line = []
    this.isBusy = false
  }

  override render() {
    const peers = this.#peers.value?.length ?? 0
    if (peers === 0) return nothing
    if (!this.#isParting.value)
      return html`<wa-button class="open" size="s" appearance="plain" @click=${() => this.store?.isParting.set(true)}>
        <span class="label">${icon('split')}Part the room</span>
      </wa-button>`
    const other = this.#otherSide.value?.length ?? 0
    const points = this.line.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')
    return html`<div class="sheet" @pointerdown=${this.#down} @pointermove=${this.#move} @pointerup=${this.#up} @pointercancel=${this.#up}>
        <svg class="line" aria-hidden="true">${svg`<polyline points=${points}></polyline>`}</svg>
      </div>
      <div class="bar" role="group" aria-label="Part the room">
        <span class="words small" role="status">${this.failure ? html`<span class="failed">${this.failure}</span>` : this.#words(peers + 1, other)}</span>
        <wa-button size="s" variant="brand" ?hidden=${other === 0} ?loading=${this.isBusy} @click=${() => this.#part()}>Part them</wa-button>
        <wa-button size="s" appearance="plain" @click=${() => this.#cancel()}>Cancel</wa-button>
      </div>`
  }

  #words(all: number, other: number) {
    if (other === 0)
      return html`Draw a line between the peers, or a ring around some.<span class="unseen"> By keyboard: choose them in the Faults panel.</span>`
    return html`<strong>${all - other} | ${other}</strong>: ${plural(other, 'peer')} would be cut off from the other ${all - other}.`
  }

  readonly #down = (event: PointerEvent): void => {
    ;(event.currentTarget as Element).setPointerCapture(event.pointerId)
    this.line = [pointOf(event)]
    this.failure = undefined
  }

  readonly #move = (event: PointerEvent): void => {
    if (this.line.length > 0 && event.buttons !== 0) this.line = [...this.line, pointOf(event)]
  }

  readonly #up = (): void => {
    const self = this.store?.self.value?.id
    this.store?.otherSide.set(otherSide(this.line, this.places?.() ?? new Map(), self))
    if (this.store?.otherSide.value.length === 0) this.line = []
  }

  async #part(): Promise<void> {
    const { store } = this
    const handle = store?.handle.value
    if (!store || !handle || this.isBusy) return
    this.isBusy = true
    try {
      await partRoom(store)
      this.#cancel()
    } catch (thrown) {
      this.failure = toMeshError(thrown, 'invalid-option').message
    } finally {
      this.isBusy = false
    }
  }

  #cancel(): void {
    this.line = []
    this.failure = undefined
    this.store?.isParting.set(false)
    this.store?.otherSide.set([])
  }
}
customElements.define('partition-pen', PartitionPen)

/** Asks the room to part as the store has it. */
export async function partRoom(store: ConsoleStore, forMs?: number): Promise<void> {
  const other = store.otherSide.value
  const self = store.self.value?.id
  const here = [...(self ? [self] : []), ...store.peers.value.map(({ id }) => id)]
  const rest = here.filter(id => !other.includes(id))
  await store.handle.value?.faults.partition([rest, other], forMs === undefined ? {} : { forMs })
}

function pointOf({ offsetX, offsetY }: PointerEvent): Point {
  return { x: offsetX, y: offsetY }
}
