/** A table whose last column is its chart: label, value, bar. The first rows at once, all of them on demand. */
import { css, html, LitElement, nothing } from 'lit'
import { styleMap } from 'lit/directives/style-map.js'
import { count } from '../../format.ts'
import { sharedStyles } from '../../look/styles.ts'
import { barScale } from './bar-scale.ts'
import type { Bar } from './shapes.ts'

const firstRows = 12

export class BarTable extends LitElement {
  static override properties = {
    bars: { attribute: false },
    labelTitle: {},
    valueTitle: {},
    isWhole: { state: true },
  }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        gap: 8px;
        justify-items: start;
      }
      table {
        width: 100%;
        border-collapse: collapse;
        table-layout: fixed;
      }
      th {
        padding: 4px 0;
        border-bottom: 1px solid var(--hairline);
        color: var(--ink-quiet);
        font-size: var(--text-small);
        font-weight: 400;
        text-align: start;
      }
      td {
        padding: 3px 0;
        line-height: 20px;
      }
      .rank {
        width: 4ch;
      }
      .label {
        width: 30%;
        padding-inline-end: 16px;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .value {
        width: 11ch;
        padding-inline-end: 16px;
        text-align: end;
      }
      td.bar {
        position: relative;
      }
      .bar i {
        display: block;
        height: 12px;
        border-radius: 2px;
        background: var(--accent);
        opacity: 0.85;
      }
      tr:hover td {
        background: var(--paper-sunk);
      }
    `,
  ]
  declare bars: readonly Bar[]
  declare labelTitle: string
  declare valueTitle: string
  declare isWhole: boolean

  constructor() {
    super()
    this.bars = []
    this.labelTitle = 'Key'
    this.valueTitle = 'Value'
    this.isWhole = false
  }

  override render() {
    const shown = this.isWhole ? this.bars : this.bars.slice(0, firstRows)
    const scale = barScale(this.bars.map(bar => bar.value))
    return html`<table>
        <thead>
          <tr>
            <th class="rank" scope="col"><span class="unseen">Rank</span></th>
            <th class="label" scope="col">${this.labelTitle}</th>
            <th class="value" scope="col">${this.valueTitle}</th>
            <th class="bar" scope="col"><span class="unseen">Share</span></th>
          </tr>
        </thead>
        <tbody>
          ${shown.map(({ label, value }, index) => {
            const { from, width } = scale.place(value)
            return html`<tr>
              <td class="rank mono small quiet">${index + 1}</td>
              <td class="label" title=${label} dir="auto">${label}</td>
              <td class="value mono">${count(value)}</td>
              <td class="bar">
                <i style=${styleMap({ 'margin-inline-start': percent(from), width: `max(1px, ${percent(width)})` })}></i>
              </td>
            </tr>`
          })}
        </tbody>
      </table>
      ${
        this.bars.length > firstRows
          ? html`<button class="plain link small" @click=${this.#turn}>
              ${this.isWhole ? `Show the first ${firstRows}` : `Show all ${count(this.bars.length)}`}
            </button>`
          : nothing
      }`
  }

  #turn(): void {
    this.isWhole = !this.isWhole
  }
}
customElements.define('bar-table', BarTable)

function percent(part: number): string {
  return `${(100 * part).toFixed(2)}%`
}
