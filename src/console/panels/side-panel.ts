/** The right column: one tab per way of looking into the mesh. Only the one that is looked at exists. */
import { css, html, LitElement } from 'lit'
import '@awesome.me/webawesome/dist/components/tab-group/tab-group.js'
import '@awesome.me/webawesome/dist/components/tab-panel/tab-panel.js'
import '@awesome.me/webawesome/dist/components/tab/tab.js'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import '../decisions/decisions-tab.ts'
import './events-panel.ts'
import '../shared/shared-panel.ts'
import './metrics-panel.ts'

const panels = {
  decisions: {
    title: 'Decisions',
    draw: (store: ConsoleStore) => html`<decisions-tab .store=${store}></decisions-tab>`,
  },
  shared: { title: 'Shared', draw: (store: ConsoleStore) => html`<shared-panel .store=${store}></shared-panel>` },
  events: { title: 'Events', draw: (store: ConsoleStore) => html`<events-panel .store=${store}></events-panel>` },
  metrics: { title: 'Metrics', draw: (store: ConsoleStore) => html`<metrics-panel .store=${store}></metrics-panel>` },
  agents: { title: 'Agents', draw: (store: ConsoleStore) => html`<agents-panel .store=${store}></agents-panel>` },
  faults: { title: 'Faults', draw: (store: ConsoleStore) => html`<faults-panel .store=${store}></faults-panel>` },
}

/** Fetched when the console stands: few look at these first, and whoever serves them may be gone when they do. */
const laterPanels = () =>
  Promise.all([import('./agents-panel.ts'), import('./faults-panel.ts'), import('./dial-timeline.ts')])
const laterMs = 1_500
export type SideView = keyof typeof panels
const views = Object.keys(panels) as SideView[]

export class SidePanel extends LitElement {
  static override properties = { store: { attribute: false }, view: {}, isBare: { type: Boolean } }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: block;
        min-height: 0;
        height: 100%;
        container-type: inline-size;
      }
      wa-tab-group {
        --track-width: 1px;
        --track-color: var(--hairline);
        height: 100%;
      }
      wa-tab-group::part(tab-group) {
        height: 100%;
        min-height: 0;
      }
      wa-tab-group::part(nav) {
        padding: 0;
      }
      wa-tab-group::part(body) {
        flex: 1 1 0;
        min-height: 0;
      }
      wa-tab:first-of-type {
        margin-inline-start: 12px;
      }
      wa-tab::part(tab) {
        padding: 12px 8px;
        font-size: 0.8125rem;
      }
      @container (width < 420px) {
        wa-tab:first-of-type {
          margin-inline-start: 6px;
        }
        wa-tab::part(tab) {
          padding-inline: 5px;
        }
      }
      /* Where they do not fit beside each other, none hides behind the edge. */
      wa-tab-group::part(tabs) {
        flex-wrap: wrap;
      }
      wa-tab-panel {
        --padding: 0;
        height: 100%;
        min-height: 0;
      }
      wa-tab-panel::part(tab-panel) {
        height: 100%;
      }
      .bare {
        height: 100%;
        min-height: 0;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  declare view: SideView
  /** Without the row of tabs: the bar at the bottom of a small screen chooses. */
  declare isBare: boolean

  constructor() {
    super()
    this.view = 'events'
    this.isBare = false
  }

  override firstUpdated(): void {
    // The elements turn into panels when their code has come, whoever is looking.
    setTimeout(() => void laterPanels().catch(() => {}), laterMs)
  }

  override updated(): void {
    if (this.view !== 'events') void laterPanels().catch(() => {})
  }

  override render() {
    const { store } = this
    if (!store) return html``
    if (this.isBare) return html`<div class="bare">${panels[this.view].draw(store)}</div>`
    return html`<wa-tab-group .active=${this.view} without-scroll-controls @wa-tab-show=${this.#onShow}>
      ${views.map(view => html`<wa-tab panel=${view}>${panels[view].title}</wa-tab>`)}
      ${views.map(
        view => html`<wa-tab-panel name=${view}>${view === this.view ? panels[view].draw(store) : ''}</wa-tab-panel>`,
      )}
    </wa-tab-group>`
  }

  #onShow(event: CustomEvent<{ name: string }>): void {
    this.view = views.find(view => view === event.detail.name) ?? this.view
    this.dispatchEvent(new Event('change'))
  }
}
customElements.define('side-panel', SidePanel)
