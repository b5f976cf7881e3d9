/** The left column: the picture of the mesh, and under it whatever there is to say about who is in it. */
import { css, html, LitElement } from 'lit'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import './mesh-graph.ts'
import './peer-list.ts'
import '../states/alone.ts'
import '../states/joining.ts'

export class MeshPanel extends LitElement {
  static override properties = { store: { attribute: false } }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        grid-template-rows: minmax(240px, 1fr) minmax(0, auto);
        min-height: 0;
      }
      .below {
        min-height: 0;
        max-height: 40vh;
        overflow: auto;
        border-top: 1px solid var(--hairline);
        scrollbar-width: thin;
      }
      :host([flow]) {
        grid-template-rows: 44vh auto;
      }
      :host([flow]) .below {
        max-height: none;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  readonly #phase = new Watch(this, () => this.store?.phase)

  override render() {
    return html`<h2 class="unseen">Mesh</h2>
      <mesh-graph .store=${this.store}></mesh-graph>
      <div class="below">${this.#below()}</div>`
  }

  #below() {
    const { store } = this
    if (this.#phase.value === 'joining') return html`<mesh-joining .store=${store}></mesh-joining>`
    if (this.#phase.value === 'alone') return html`<mesh-alone .store=${store}></mesh-alone>`
    return html`<mesh-peer-list .store=${store}></mesh-peer-list>`
  }
}
customElements.define('mesh-panel', MeshPanel)
