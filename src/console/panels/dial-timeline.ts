/** How the links of this tab came about, or did not: each dial as a bar of its stages, and what to do where one failed. */
import { css, html, LitElement, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { styleMap } from 'lit/directives/style-map.js'
import '@awesome.me/webawesome/dist/components/button/button.js'
import type { DialRecord } from '../../mesh/types.ts'
import { absolute, ago, duration, shortId } from '../format.ts'
import { icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import { outcomeWords, scaleOf, segmentsOf, stageWords } from '../mesh/link-care.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import './diagnosis-dialog.ts'

const everyMs = 2_000
const shownMax = 12

export class DialTimeline extends LitElement {
  static override properties = {
    store: { attribute: false },
    dials: { state: true },
    isAsking: { state: true },
    isAll: { state: true },
  }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: block;
      }
      ol {
        margin: 0 0 12px;
        padding: 0;
        list-style: none;
      }
      li {
        padding: 6px 0;
        border-top: 1px solid var(--hairline);
      }
      li:first-child {
        border-top: 0;
      }
      .head {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 0 8px;
        align-items: baseline;
      }
      .name {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        font-weight: 500;
      }
      .took {
        font-variant-numeric: tabular-nums;
      }
      .bar {
        display: flex;
        gap: 1px;
        height: 10px;
        margin: 4px 0;
        overflow: hidden;
        border-radius: 2px;
        background: var(--paper-sunk);
      }
      .bar i {
        flex: none;
        min-width: 2px;
        background: var(--accent);
      }
      .bar i:nth-child(even) {
        opacity: 0.6;
      }
      .bar i.is-failed {
        flex: 1 1 0;
        opacity: 1;
        background: repeating-linear-gradient(135deg, var(--failed) 0 5px, transparent 5px 8px);
        border: 1px solid var(--failed);
      }
      .is-yielded .bar i {
        background: var(--hairline-strong);
      }
      .failure svg.icon {
        display: inline-block;
        width: 14px;
        height: 14px;
        margin-inline-end: 4px;
        vertical-align: -2px;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 16px;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  declare dials: readonly DialRecord[] | undefined
  declare isAsking: boolean
  declare isAll: boolean
  readonly #now = new Watch(this, () => this.store?.nowMs)
  #askedAtMs = 0

  constructor() {
    super()
    this.isAsking = false
    this.isAll = false
  }

  override willUpdate(): void {
    const nowMs = this.#now.value ?? 0
    if (nowMs - this.#askedAtMs < everyMs) return
    this.#askedAtMs = nowMs
    void this.#read()
  }

  override render() {
    if (!this.dials) return html`<p class="quiet small">Nothing is known of dials yet.</p>`
    const newestFirst = [...this.dials].reverse()
    const shown = this.isAll ? newestFirst : newestFirst.slice(0, shownMax)
    const longestMs = scaleOf(this.dials)
    return html`${
      shown.length === 0
        ? html`<p class="quiet small">Nobody was dialled yet.</p>`
        : html`<ol aria-label="Dials, newest first">${repeat(
            shown,
            dial => `${dial.peer} ${dial.startedAtMs}`,
            dial => this.#dial(dial, longestMs),
          )}</ol>`
    }
      <div class="actions">
        <wa-button size="s" appearance="outlined" @click=${() => this.#ask(true)}>Why can’t I connect?</wa-button>
        ${
          newestFirst.length > shown.length
            ? html`<button class="plain link small" @click=${() => this.#showAll()}>Show all ${newestFirst.length}</button>`
            : nothing
        }
      </div>
      <diagnosis-dialog .store=${this.store} .open=${this.isAsking} @close=${() => this.#ask(false)}></diagnosis-dialog>`
  }

  #dial(dial: DialRecord, longestMs: number) {
    const { peer, role, outcome, startedAtMs, tookMs, failure } = dial
    const segments = segmentsOf(dial, longestMs)
    const said = segments.map(
      ({ stage, ms, isFailed }) => `${stageWords[stage]} ${isFailed ? 'failed after' : 'in'} ${duration(ms)}`,
    )
    return html`<li class="is-${outcome}">
      <span class="head">
        <span class="name">${this.store?.nameOf(peer) ?? shortId(peer)}</span>
        <span class="took small quiet"><time title=${absolute(startedAtMs)}>${ago(startedAtMs, this.#now.value ?? 0)}</time>${tookMs === undefined ? '' : ` · ${duration(tookMs)}`}</span>
        <span class="small ${outcome === 'failed' ? 'failed' : 'quiet'}">${role === 'dialler' ? 'dialled by us' : 'dialled us'}, ${outcomeWords[outcome]}</span>
      </span>
      <span class="bar" role="img" aria-label=${said.join(', ')}>
        ${segments.map(({ stage, ms, width, isFailed }) => html`<i class=${isFailed ? 'is-failed' : ''} style=${styleMap({ width: `${width}%` })} title="${stageWords[stage]}: ${duration(ms)}"></i>`)}
      </span>
      ${
        failure
          ? html`<p class="failure small">
              <span class="failed">${icon('cross')}Failed at ${stageWords[failure.stage]}: ${failure.reason}.</span> ${failure.advice}
            </p>`
          : nothing
      }
    </li>`
  }

  #showAll(): void {
    this.isAll = true
  }

  #ask(isAsking: boolean): void {
    this.isAsking = isAsking
  }

  async #read(): Promise<void> {
    this.dials = await this.store?.handle.value?.dials().catch(() => undefined)
  }
}
customElements.define('dial-timeline', DialTimeline)
