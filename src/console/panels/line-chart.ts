/** Two minutes of some values as lines (uPlot), with a legend that gives the latest ones, or those under the pointer. */
import { css, html, LitElement, nothing, unsafeCSS } from 'lit'
import { styleMap } from 'lit/directives/style-map.js'
import uPlot from 'uplot'
import plotStyles from 'uplot/dist/uPlot.min.css?inline'
import { historySamplesMax } from '../limits.ts'
import { sharedStyles } from '../look/styles.ts'
import { onThemeChange } from '../look/theme.ts'
import { largest, niceCeiling } from './chart-scale.ts'

export interface ChartLine {
  readonly key: string
  readonly label: string
  /** Any CSS colour, also by our tokens. */
  readonly colour: string
  readonly values: readonly (number | null)[]
  readonly isDashed?: boolean
}

const height = 132

export class LineChart extends LitElement {
  static override properties = {
    label: {},
    seconds: { attribute: false },
    lines: { attribute: false },
    written: { attribute: false },
    ceiling: { attribute: false },
    at: { state: true },
  }
  static override styles = [
    unsafeCSS(plotStyles),
    sharedStyles,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      .plot {
        contain: inline-size;
        height: ${height}px;
        overflow: hidden;
      }
      ul {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(150px, 1fr));
        gap: 0 16px;
        margin: 4px 0 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: grid;
        grid-template-columns: 14px minmax(0, 1fr) auto;
        gap: 8px;
        align-items: center;
      }
      li i {
        height: 0;
        border-top: 2px solid var(--dot);
      }
      li i.dashed {
        border-top-style: dashed;
      }
      .name {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
    `,
  ]
  declare label: string
  declare seconds: readonly number[]
  declare lines: readonly ChartLine[]
  declare written: (value: number) => string
  /** Where the value axis ends, given the largest value. */
  declare ceiling: (most: number) => number
  declare at: number | undefined

  #plot: uPlot | undefined
  #shape = ''
  #width = 0
  #offTheme: (() => void) | undefined
  readonly #resizes = new ResizeObserver(([entry]) => {
    this.#width = Math.floor(entry?.contentRect.width ?? 0)
    this.requestUpdate()
  })

  constructor() {
    super()
    this.label = ''
    this.seconds = []
    this.lines = []
    this.written = String
    this.ceiling = most => niceCeiling(most, 1)
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#resizes.observe(this)
    this.#offTheme = onThemeChange(() => {
      this.#shape = ''
      this.requestUpdate()
    })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#resizes.disconnect()
    this.#offTheme?.()
    this.#plot?.destroy()
    this.#plot = undefined
    this.#shape = ''
  }

  override render() {
    return html`<div class="plot" role="img" aria-label="${this.label}, the last two minutes; the latest values follow"></div>
      <ul class="small">
        ${this.lines.map(({ label, colour, values, isDashed }) => {
          const value = this.at === undefined ? values.at(-1) : values[this.at]
          return html`<li style=${styleMap({ '--dot': colour })}>
            <i class=${isDashed ? 'dashed' : nothing}></i><span class="name">${label}</span>
            <span class="mono">${value === null || value === undefined ? '–' : this.written(value)}</span>
          </li>`
        })}
      </ul>`
  }

  override updated(): void {
    const box = this.renderRoot.querySelector<HTMLElement>('.plot')
    if (!box || this.#width === 0) return
    const shape = `${this.#width} ${this.lines.map(line => `${line.key} ${line.colour} ${line.label}`).join('|')}`
    const data: uPlot.AlignedData = [[...this.seconds], ...this.lines.map(line => [...line.values])]
    if (shape === this.#shape && this.#plot) {
      this.#plot.setData(data)
      return
    }
    this.#shape = shape
    this.#plot?.destroy()
    this.#plot = new uPlot(this.#options(box), data, box)
  }

  #options(box: HTMLElement): uPlot.Options {
    const font = getComputedStyle(box).fontFamily
    const ink = resolved(box, 'var(--ink-quiet)')
    const hairline = resolved(box, 'var(--hairline)')
    const axis = { stroke: ink, font: `11px ${font}`, ticks: { show: false } }
    return {
      width: this.#width,
      height,
      padding: [8, 12, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { size: 5 }, drag: { x: false, y: false } },
      scales: {
        x: { time: false, range: () => [this.#end() - historySamplesMax, this.#end()] },
        y: { range: () => [0, this.ceiling(largest(this.lines.map(line => line.values)))] },
      },
      axes: [
        {
          ...axis,
          size: 24,
          grid: { show: false },
          splits: () => [-historySamplesMax, -historySamplesMax / 2, 0].map(offset => this.#end() + offset),
          values: (_, splits) => splits.map(at => agoWords(this.#end() - at)),
        },
        {
          ...axis,
          size: 64,
          grid: { stroke: hairline, width: 1 },
          splits: (_, __, low, high) => [low, high / 2, high],
          values: (_, splits) => splits.map(value => this.written(value)),
        },
      ],
      series: [
        {},
        ...this.lines.map(({ label, colour, isDashed }) => ({
          label,
          stroke: resolved(box, colour),
          width: 1.5,
          points: { show: false },
          ...(isDashed && { dash: [4, 4] }),
        })),
      ],
      hooks: {
        setCursor: [
          plot => {
            this.at = plot.cursor.idx ?? undefined
          },
        ],
      },
    }
  }

  #end(): number {
    return this.seconds.at(-1) ?? 0
  }
}
customElements.define('line-chart', LineChart)

/** A canvas knows no custom properties: let the browser work the colour out. */
function resolved(near: HTMLElement, colour: string): string {
  const probe = document.createElement('span')
  probe.style.color = colour
  near.append(probe)
  const value = getComputedStyle(probe).color
  probe.remove()
  return value
}

function agoWords(seconds: number): string {
  return seconds === 0 ? 'now' : `−${Math.round(seconds / 60)} min`
}
