/** The end of the log, newest first: what is only written down, and what a quorum has. Rows are reused, so that 5,000 entries/s cost no more than 10. */
import { css, html, LitElement, nothing, type SVGTemplateResult, svg } from 'lit'
import type { LogLine } from '../../consensus/decisions/types.ts'
import { count } from '../format.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { logRowsMax } from './limits.ts'
import { sectionStyles } from './section-styles.ts'
import { lineStateHelp } from './words.ts'

/** An empty, a half, a full disc, a full one with a check: the further, the fuller. */
const shapes: Readonly<Record<LogLine['state'], SVGTemplateResult>> = {
  appended: svg`<circle cx="6" cy="6" r="4.5" fill="none"/>`,
  durable: svg`<circle cx="6" cy="6" r="4.5" fill="none"/><path d="M6 1.5a4.5 4.5 0 0 1 0 9z" fill="currentColor" stroke="none"/>`,
  committed: svg`<circle cx="6" cy="6" r="4.5" fill="currentColor"/>`,
  applied: svg`<circle cx="6" cy="6" r="4.5" fill="currentColor"/><path class="tick" d="m3.8 6.1 1.6 1.6 2.8-3.2" fill="none"/>`,
}
const states = Object.keys(shapes) as LogLine['state'][]

export class DecisionsLog extends LitElement {
  static override properties = { store: { attribute: false } }
  static override styles = [
    sharedStyles,
    sectionStyles,
    css`
      .scroll {
        max-height: 280px;
        overflow: auto;
        margin-inline: -24px;
        padding-inline: 24px;
        scrollbar-width: thin;
        container-type: inline-size;
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-size: var(--text-small);
      }
      th,
      td {
        height: 24px;
        padding: 0 10px 0 0;
        font-weight: 400;
        text-align: start;
        white-space: nowrap;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      th {
        position: sticky;
        z-index: 1;
        top: 0;
        background: var(--paper);
        color: var(--ink-quiet);
      }
      .number {
        text-align: end;
      }
      /* Whatever the others leave, and no more than that. */
      .text {
        width: 100%;
        max-width: 0;
      }
      td:last-child,
      th:last-child {
        padding-inline-end: 0;
      }
      @container (max-width: 420px) {
        .state .word {
          position: absolute;
          width: 1px;
          height: 1px;
          overflow: hidden;
          clip-path: inset(50%);
        }
      }
      .text.noop,
      .text.membership {
        font-style: italic;
      }
      .mark {
        display: inline-flex;
        align-items: center;
        gap: 6px;
      }
      .mark svg {
        flex: none;
        width: 12px;
        height: 12px;
        stroke: currentColor;
        stroke-width: 1.25;
      }
      .mark .tick {
        stroke: var(--paper);
        stroke-width: 1.5;
      }
      .legend {
        display: flex;
        flex-wrap: wrap;
        gap: 0 16px;
        margin-top: 8px;
      }
      @media (max-width: 719px) {
        .scroll {
          margin-inline: -16px;
          padding-inline: 16px;
        }
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  readonly #view = new Watch(this, () => this.store?.decisions)

  override render() {
    const log = this.#view.value?.log
    if (!log) return nothing
    const { firstIndex, lastIndex, commit, applied } = log
    const whole = `Entries ${count(firstIndex)} to ${count(lastIndex)} are kept; applied up to ${count(applied)}`
    const lines = log.lines.slice(-logRowsMax).reverse()
    return html`<div class="heading">
        <h3>Log</h3>
        <span class="small quiet" title=${whole}><span class="mono">${count(commit)}</span> of <span class="mono">${count(lastIndex)}</span> decided</span>
      </div>
      ${lines.length === 0 ? html`<p class="small quiet">This tab holds no copy of the log.</p>` : this.#table(lines)}`
  }

  #table(lines: readonly LogLine[]) {
    return html`<div class="scroll" tabindex="0" role="region" aria-label="End of the log, newest first">
        <table>
          <thead>
            <tr>
              <th class="number" scope="col">Entry</th>
              <th class="number" scope="col">Term</th>
              <th class="text" scope="col">What</th>
              <th class="state" scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            ${lines.map(
              line => html`<tr>
                <td class="number mono">${count(line.index)}</td>
                <td class="number mono">${count(line.term)}</td>
                <td class="text ${line.kind}" title=${line.text}>${line.text}</td>
                <td class="state">${mark(line.state)}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
      <p class="legend small quiet">${states.map(state => html`<span class="mark">${mark(state)} ${lineStateHelp(state)}</span>`)}</p>`
  }
}
customElements.define('decisions-log', DecisionsLog)

function mark(state: LogLine['state']) {
  const tone = state === 'applied' || state === 'committed' ? 'healthy' : 'quiet'
  return html`<span class="mark ${tone}"><svg viewBox="0 0 12 12" aria-hidden="true">${shapes[state]}</svg><span class="word">${state}</span></span>`
}
