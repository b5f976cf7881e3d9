/** The console: what stands where, at three widths. Loaded beside the joining of the mesh, never before it. */
import { html, LitElement, nothing } from 'lit'
import { appStyles } from './app-styles.ts'
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
type Layout = 'wide' | 'medium' | 'narrow'
const views: readonly { readonly view: View; readonly title: string; readonly shape: IconName }[] = [
  { view: 'mesh', title: 'Mesh', shape: 'mesh' },
  { view: 'work', title: 'Work', shape: 'work' },
  { view: 'decisions', title: 'Decisions', shape: 'crown' },
  { view: 'shared', title: 'Shared', shape: 'shared' },
  { view: 'events', title: 'Events', shape: 'events' },
  { view: 'metrics', title: 'Metrics', shape: 'metrics' },
  { view: 'agents', title: 'Agents', shape: 'agents' },
  { view: 'faults', title: 'Faults', shape: 'faults' },
]

export class MeshConsole extends LitElement {
  static override properties = {
    store: { attribute: false },
    view: { state: true },
    side: { state: true },
    layout: { state: true },
  }
  static override styles = [sharedStyles, appStyles]
  declare store: ConsoleStore | undefined
  /** What is looked at where not everything has room. */
  declare view: View
  declare side: SideView
  declare layout: Layout
  readonly #phase = new Watch(this, () => this.store?.phase)
  readonly #wide = matchMedia('(min-width: 1100px)')
  readonly #narrow = matchMedia('(max-width: 719px)')

  constructor() {
    super()
    this.view = 'mesh'
    this.side = 'events'
    this.layout = this.#layout()
  }

  override connectedCallback(): void {
    super.connectedCallback()
    for (const width of [this.#wide, this.#narrow]) width.addEventListener('change', this.#onWidth)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    for (const width of [this.#wide, this.#narrow]) width.removeEventListener('change', this.#onWidth)
    this.store?.close()
  }

  override render() {
    const { store } = this
    const isBlocked = this.#phase.value === 'failed' || this.#phase.value === 'left'
    return html`<top-bar .store=${store}></top-bar>
      <mesh-notice .store=${store}></mesh-notice>
      ${isBlocked ? html`<main class="blocked"><mesh-blocked .store=${store}></mesh-blocked></main>` : this.#columns()}`
  }

  /** The same elements at all widths, hidden where there is no room: what somebody typed outlives a turned phone. */
  #columns() {
    const { store, layout } = this
    const isWide = layout === 'wide'
    const view = layout === 'medium' && this.view === 'mesh' ? 'work' : this.view
    const isSide = isSideView(view)
    return html`<main class=${layout}>
        <section class="mesh" aria-label="Mesh" ?hidden=${layout === 'narrow' && view !== 'mesh'}>
          <mesh-panel ?flow=${layout === 'narrow'} .store=${store}></mesh-panel>
        </section>
        <section class="work" aria-label="Work" ?hidden=${!isWide && view !== 'work'}>
          <work-panel .store=${store}></work-panel>
        </section>
        ${
          isWide || isSide
            ? html`<section class="side" aria-label="Details">
                <side-panel ?isBare=${!isWide} .store=${store} .view=${isSide ? view : this.side} @change=${this.#onSide}></side-panel>
              </section>`
            : nothing
        }
      </main>
      ${isWide ? nothing : this.#nav(view)}`
  }

  #nav(current: View) {
    const shown = this.layout === 'narrow' ? views : views.filter(({ view }) => view !== 'mesh')
    return html`<nav class=${this.layout} aria-label="Views">
      ${shown.map(
        ({ view, title, shape }) =>
          html`<button aria-current=${view === current ? 'page' : nothing} @click=${() => this.#show(view)}>${icon(shape)}${title}</button>`,
      )}
    </nav>`
  }

  #show(view: View): void {
    this.view = view
    if (isSideView(view)) this.side = view
  }

  #onSide(event: Event): void {
    this.side = (event.target as HTMLElement & { view: SideView }).view
  }

  #layout(): Layout {
    return this.#wide.matches ? 'wide' : this.#narrow.matches ? 'narrow' : 'medium'
  }

  readonly #onWidth = (): void => {
    this.layout = this.#layout()
  }
}

function isSideView(view: View): view is SideView {
  return view !== 'mesh' && view !== 'work'
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
