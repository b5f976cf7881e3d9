/** Everything that happened, newest first: by kind, with the exact time on hover, and as a file. */
import { css, html, LitElement } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { TimelineEvent } from '../../engine/snapshot.ts'
import { absolute, ago, count } from '../format.ts'
import { downloadJson } from '../look/download.ts'
import { icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'

type Kind = TimelineEvent['kind']
const kinds: Readonly<Record<Kind, string>> = {
  peer: 'Peers',
  link: 'Links',
  signaling: 'Signaling',
  job: 'Jobs',
  decision: 'Decisions',
  message: 'Messages',
  fault: 'Faults',
  problem: 'Problems',
}
const kindNames = Object.keys(kinds) as Kind[]

export class EventsPanel extends LitElement {
  static override properties = { store: { attribute: false }, hiddenKinds: { state: true } }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        grid-template-rows: auto minmax(0, 1fr);
        height: 100%;
        min-height: 0;
      }
      .filters {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        padding: 16px 24px 12px;
      }
      .filters button[aria-pressed] {
        padding: 3px 10px;
        border: 1px solid var(--accent-quiet);
        border-radius: 999px;
        background: var(--accent-quiet);
        color: var(--accent);
        font: inherit;
        font-size: var(--text-small);
        cursor: pointer;
      }
      .filters [aria-pressed='false'] {
        border-color: var(--hairline);
        background: none;
        color: var(--ink-quiet);
        text-decoration: line-through;
      }
      .export {
        margin-inline-start: auto;
      }
      ol {
        margin: 0;
        padding: 0 24px 24px;
        overflow: auto;
        list-style: none;
        scrollbar-width: thin;
      }
      li {
        display: grid;
        grid-template-columns: 9ch minmax(0, 1fr);
        gap: 12px;
        padding: 5px 0;
        border-top: 1px solid var(--hairline);
        content-visibility: auto;
        contain-intrinsic-size: auto 32px;
      }
      li:first-child {
        border-top: 0;
      }
      time {
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      .text {
        overflow-wrap: anywhere;
      }
      .problem .icon {
        display: inline-block;
        width: 14px;
        height: 14px;
        margin-inline-end: 4px;
        vertical-align: -2px;
        color: var(--suspect);
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  declare hiddenKinds: ReadonlySet<Kind>
  readonly #timeline = new Watch(this, () => this.store?.timeline)
  readonly #now = new Watch(this, () => this.store?.nowMs)

  constructor() {
    super()
    this.hiddenKinds = new Set()
  }

  override render() {
    const timeline = this.#timeline.value ?? []
    const shown = timeline.filter(event => !this.hiddenKinds.has(event.kind)).reverse()
    const nowMs = this.#now.value ?? 0
    return html`<div class="filters" role="group" aria-label="Kinds of events">
        ${kindNames.map(
          kind =>
            html`<button aria-pressed=${!this.hiddenKinds.has(kind)} @click=${() => this.#turn(kind)}>${kinds[kind]}</button>`,
        )}
        <button class="plain link export" @click=${() => downloadJson('tabmesh-events.json', timeline)}>
          ${icon('download')}Export
        </button>
      </div>
      <ol tabindex="0" aria-label="Events, newest first">
        ${shown.length === 0 ? html`<li><span class="quiet small">–</span><span class="quiet">${this.#nothing(timeline)}</span></li>` : ''}
        ${repeat(
          shown,
          event => event.sequence,
          event => html`<li class=${event.kind}>
            <time class="small quiet" title=${absolute(event.atMs)}>${ago(event.atMs, nowMs)}</time>
            <span class="text">${event.kind === 'problem' ? icon('alert') : ''}${event.text}</span>
          </li>`,
        )}
      </ol>`
  }

  #nothing(timeline: readonly TimelineEvent[]): string {
    return timeline.length === 0
      ? 'Nothing has happened yet.'
      : `${count(timeline.length)} events of kinds that are switched off.`
  }

  #turn(kind: Kind): void {
    const hiddenKinds = new Set(this.hiddenKinds)
    if (!hiddenKinds.delete(kind)) hiddenKinds.add(kind)
    this.hiddenKinds = hiddenKinds
  }
}
customElements.define('events-panel', EventsPanel)
