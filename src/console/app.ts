/** The console: what stands where, at three widths. Loaded beside the joining of the mesh, never before it. */
import { css, html, LitElement, nothing } from 'lit'
import './look/theme.css'
import { type IconName, icon, keepIconsLocal } from './look/icons.ts'
import { sharedStyles } from './look/styles.ts'
import type { SideView } from './panels/side-panel.ts'
import type { Session } from './session.ts'
import { ConsoleStore } from './store.ts'
import { Watch } from './watch.ts'
import './mesh/mesh-panel.ts'
import './panels/side-panel.ts'
import './states/blocked.ts'
import './states/notice.ts'
import './top/top-bar.ts'
import './work/work-panel.ts'

type View = 'mesh' | 'work' | SideView
const views: readonly { readonly view: View; readonly title: string; readonly shape: IconName }[] = [
  { view: 'mesh', title: 'Mesh', shape: 'mesh' },
  { view: 'work', title: 'Work', shape: 'work' },
  { view: 'events', title: 'Events', shape: 'events' },
  { view: 'metrics', title: 'Metrics', shape: 'metrics' },
]

export class MeshConsole extends LitElement {
  static override properties = {
    store: { attribute: false },
    view: { state: true },
    side: { state: true },
    isNarrow: { state: true },
  }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        grid-template-rows: auto auto minmax(0, 1fr);
        height: 100dvh;
        color: var(--ink);
      }
      main {
        display: grid;
        grid-template-columns: minmax(360px, 30vw) minmax(0, 1fr) minmax(320px, 24vw);
        min-height: 0;
      }
      .column {
        min-width: 0;
        min-height: 0;
      }
      .mesh,
      .side {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        grid-template-rows: minmax(0, 1fr);
      }
      .mesh {
        border-right: 1px solid var(--hairline);
      }
      .side {
        border-left: 1px solid var(--hairline);
      }
      .work {
        overflow: auto;
        scrollbar-width: thin;
        scrollbar-gutter: stable;
      }
      .blocked {
        display: block;
        overflow: auto;
      }
      @media (max-width: 1099px) {
        main {
          grid-template-columns: minmax(320px, 42vw) minmax(0, 1fr);
          grid-template-rows: minmax(0, 3fr) minmax(0, 2fr);
        }
        .work {
          grid-area: 1 / 2 / 3 / 3;
        }
        .side {
          border-left: 0;
          border-top: 1px solid var(--hairline);
          border-right: 1px solid var(--hairline);
        }
      }
      main.narrow {
        display: block;
        overflow: auto;
      }
      main.narrow .column {
        border: 0;
        height: 100%;
      }
      main.narrow .mesh {
        display: block;
      }
      nav {
        display: grid;
        grid-template-columns: repeat(4, 1fr);
        border-top: 1px solid var(--hairline);
        padding-bottom: env(safe-area-inset-bottom);
        background: var(--paper);
      }
      nav button {
        display: grid;
        justify-items: center;
        gap: 2px;
        padding: 8px 4px 6px;
        border: 0;
        border-top: 2px solid transparent;
        background: none;
        color: var(--ink-quiet);
        font: inherit;
        font-size: 0.75rem;
        cursor: pointer;
      }
      nav button:focus-visible {
        outline-offset: -3px;
      }
      nav [aria-current] {
        border-top-color: var(--accent);
        color: var(--accent);
        font-weight: 600;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  declare view: View
  declare side: SideView
  declare isNarrow: boolean
  readonly #phase = new Watch(this, () => this.store?.phase)
  readonly #narrow = matchMedia('(max-width: 719px)')

  constructor() {
    super()
    this.view = 'mesh'
    this.side = 'events'
    this.isNarrow = this.#narrow.matches
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#narrow.addEventListener('change', this.#onWidth)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#narrow.removeEventListener('change', this.#onWidth)
    this.store?.close()
  }

  override render() {
    const phase = this.#phase.value
    const isBlocked = phase === 'failed' || phase === 'left'
    return html`<top-bar .store=${this.store}></top-bar>
      <mesh-notice .store=${this.store}></mesh-notice>
      ${
        isBlocked
          ? html`<main class="blocked"><mesh-blocked .store=${this.store}></mesh-blocked></main>`
          : this.isNarrow
            ? this.#one()
            : this.#columns()
      }`
  }

  #columns() {
    const { store } = this
    return html`<main>
      <section class="column mesh" aria-label="Mesh"><mesh-panel .store=${store}></mesh-panel></section>
      <section class="column work" aria-label="Work" tabindex="-1"><work-panel .store=${store}></work-panel></section>
      <section class="column side" aria-label="Details">
        <side-panel .store=${store} .view=${this.side} @change=${this.#onSide}></side-panel>
      </section>
    </main>`
  }

  #one() {
    const { store, view } = this
    const shown =
      view === 'mesh'
        ? html`<section class="column mesh" aria-label="Mesh"><mesh-panel flow .store=${store}></mesh-panel></section>`
        : view === 'work'
          ? html`<section class="column" aria-label="Work"><work-panel .store=${store}></work-panel></section>`
          : html`<section class="column" aria-label="Details"><side-panel isBare .store=${store} .view=${view}></side-panel></section>`
    return html`<main class="narrow">${shown}</main>
      <nav aria-label="Views">
        ${views.map(
          ({ view, title, shape }) =>
            html`<button aria-current=${view === this.view ? 'page' : nothing} @click=${() => this.#show(view)}>${icon(shape)}${title}</button>`,
        )}
      </nav>`
  }

  #show(view: View): void {
    this.view = view
    if (view === 'events' || view === 'metrics') this.side = view
  }

  #onSide(event: Event): void {
    this.side = (event.target as HTMLElement & { view: SideView }).view
  }

  readonly #onWidth = (): void => {
    this.isNarrow = this.#narrow.matches
  }
}

/** Puts the console into the page, in place of what was there while it loaded. */
export function mountConsole(session: Session): void {
  keepIconsLocal()
  customElements.define('mesh-console', MeshConsole)
  const element = new MeshConsole()
  element.store = new ConsoleStore(session)
  document.querySelector('#boot')?.remove()
  document.body.append(element)
}
