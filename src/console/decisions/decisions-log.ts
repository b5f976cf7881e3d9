/** The end of the log, newest first: what is only written down, and what a quorum has. Rows are reused, so that 5,000 entries/s cost no more than 10. */
import { css, html, LitElement, nothing, type SVGTemplateResult, svg } from 'lit'
import { styleMap } from 'lit/directives/style-map.js'
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
      /* No table: each row is laid out by itself, and not at all while it is scrolled out of sight. */
      .row {
        display: grid;
        grid-template-columns: calc(var(--digits) * 1ch) calc(var(--terms) * 1ch) minmax(0, 1fr) var(--state, 92px);
        gap: 10px;
        align-items: center;
        height: 24px;
        contain: strict;
        content-visibility: auto;
        contain-intrinsic-size: auto 24px;
        font-size: var(--text-small);
        white-space: nowrap;
      }
      .head {
        position: sticky;
        z-index: 1;
        top: 0;
        contain: none;
        content-visibility: visible;
        background: var(--paper);
        color: var(--ink-quiet);
      }
      .number {
        text-align: end;
      }
      .text {
        overflow: hidden;
        text-overflow: ellipsis;
      }
      @container (max-width: 420px) {
        .row {
          --state: 36px;
        }
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
    const [newest] = lines
    // As wide as the newest numbers, and never narrower than the words above them.
    const widths = {
      '--digits': String(Math.max(6, count(newest?.index ?? 0).length)),
      '--terms': String(Math.max(5, count(newest?.term ?? 0).length)),
    }
    return html`<div class="scroll" tabindex="0" role="region" aria-label="End of the log, newest first">
        <div role="table" aria-label="Entries" style=${styleMap(widths)}>
          <div class="row head" role="row">
            <span class="number" role="columnheader">Entry</span>
            <span class="number" role="columnheader">Term</span>
            <span role="columnheader">What</span>
            <span role="columnheader">State</span>
          </div>
          ${lines.map(
            line => html`<div class="row line" role="row">
              <span class="number mono" role="cell">${count(line.index)}</span>
              <span class="number mono" role="cell">${count(line.term)}</span>
              <span class="text ${line.kind}" role="cell" title=${line.text}>${line.text}</span>
              <span class="state" role="cell">${mark(line.state)}</span>
            </div>`,
          )}
        </div>
      </div>
      <p class="legend small quiet">${states.map(state => html`<span class="mark">${mark(state)} ${lineStateHelp(state)}</span>`)}</p>`
  }
}
customElements.define('decisions-log', DecisionsLog)

function mark(state: LogLine['state']) {
  const tone = state === 'applied' || state === 'committed' ? 'healthy' : 'quiet'
  return html`<span class="mark ${tone}"><svg viewBox="0 0 12 12" aria-hidden="true">${shapes[state]}</svg><span class="word">${state}</span></span>`
}
