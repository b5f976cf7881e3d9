/** Who led, when, and how each came to it: drawn as a band in time, and in words. */
import { css, html, LitElement, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { styleMap } from 'lit/directives/style-map.js'
import type { ElectionRecord } from '../../consensus/decisions/types.ts'
import { peerColour } from '../colour.ts'
import { absolute, ago, count, plural } from '../format.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { electionRowsMax } from './limits.ts'
import { capitalised, memberName, type Names, namesOf } from './names.ts'
import { type ReignPicture, reignPicture } from './reigns.ts'
import { sectionStyles } from './section-styles.ts'
import { reasonWords } from './words.ts'

const percent = (part: number) => `${(part * 100).toFixed(2)}%`

export class ElectionHistory extends LitElement {
  static override properties = { store: { attribute: false }, isAll: { state: true } }
  static override styles = [
    sharedStyles,
    sectionStyles,
    css`
      .band {
        position: relative;
        height: 26px;
      }
      .band span {
        position: absolute;
        top: 0;
        bottom: 0;
        min-width: 2px;
        overflow: hidden;
        padding: 0 6px;
        border-inline-end: 2px solid var(--paper);
        border-radius: 3px;
        background: var(--peer);
        color: var(--on-peer);
        font-size: 0.75rem;
        font-weight: 500;
        line-height: 26px;
        white-space: nowrap;
        text-overflow: clip;
      }
      .band .slim {
        padding: 0;
        color: transparent;
      }
      .band .vacant {
        border: 1.5px dashed var(--failed);
        background: none;
        color: var(--failed);
        padding: 0;
        text-align: center;
        line-height: 23px;
      }
      .axis {
        position: relative;
        height: 20px;
        font-size: 0.75rem;
      }
      .axis span {
        position: absolute;
        padding-top: 4px;
        translate: -50% 0;
        white-space: nowrap;
      }
      .axis span::before {
        content: '';
        position: absolute;
        top: 0;
        left: 50%;
        height: 4px;
        border-left: 1px solid var(--hairline-strong);
      }
      .axis .now {
        left: 100%;
        translate: -100% 0;
      }
      .axis .now::before {
        left: 100%;
      }
      ol {
        margin-top: 8px;
      }
      li {
        display: grid;
        grid-template-columns: 9ch minmax(0, 1fr);
        gap: 12px;
        padding: 3px 0;
      }
      time {
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      li .dot {
        margin-inline-end: 6px;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  declare isAll: boolean
  readonly #view = new Watch(this, () => this.store?.decisions)
  readonly #now = new Watch(this, () => this.store?.nowMs)

  constructor() {
    super()
    this.isAll = false
  }

  override render() {
    const view = this.#view.value
    if (!this.store || !view) return nothing
    const names = namesOf(this.store)
    const nowMs = this.#now.value ?? 0
    const newest = [...view.elections].reverse()
    const shown = this.isAll ? newest : newest.slice(0, electionRowsMax)
    return html`<div class="heading">
        <h3>Elections</h3>
        <span class="small quiet">${plural(newest.length, 'leader')}; the last seconds have the most room</span>
      </div>
      ${this.#picture(reignPicture(view, nowMs), names)}
      <ol aria-label="Elections, newest first">
        ${repeat(
          shown,
          ({ term }) => term,
          record => this.#row(record, nowMs, names),
        )}
      </ol>
      ${
        newest.length > shown.length
          ? html`<button class="plain link small" @click=${this.#all}>Show all ${count(newest.length)}</button>`
          : nothing
      }`
  }

  /** The words below say the same. */
  #picture({ reigns, ticks, vacant }: ReignPicture, names: Names) {
    return html`<div aria-hidden="true">
      <div class="band">
        ${reigns.map(reign => {
          const place = { left: percent(reign.from), width: percent(reign.to - reign.from) }
          const name = capitalised(memberName(reign, names))
          const colour = { '--peer': peerColour(reign.host ?? reign.member) }
          const isSlim = reign.to - reign.from < 0.1
          return html`<span class=${isSlim ? 'slim' : ''} style=${styleMap({ ...place, ...colour })} title="Term ${reign.term}: ${name}">${isSlim ? '' : `${reign.term} ${name}`}</span>`
        })}
        ${vacant ? html`<span class="vacant" style=${styleMap({ left: percent(vacant.from), width: percent(vacant.to - vacant.from) })} title="Nobody leads">?</span>` : nothing}
      </div>
      <div class="axis quiet">
        ${ticks.map(({ at, label }) => html`<span style=${styleMap({ left: percent(at) })}>${label}</span>`)}
        <span class="now">now</span>
      </div>
    </div>`
  }

  #row(record: ElectionRecord, nowMs: number, names: Names) {
    const { term, atMs, reason } = record
    return html`<li>
      <time class="small quiet" title=${absolute(atMs)}>${ago(atMs, nowMs)}</time>
      <span class="small">
        <span class="dot" style=${styleMap({ '--dot': peerColour(record.host ?? record.member) })}></span>Term
        <span class="mono">${count(term)}</span>: ${memberName(record, names)}, <span class="quiet">${reasonWords(reason)}</span>
      </span>
    </li>`
  }

  readonly #all = (): void => {
    this.isAll = true
  }
}
customElements.define('election-history', ElectionHistory)
