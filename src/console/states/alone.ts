/** Nobody else is here yet: what a mesh is, and the ways to make one. */
import { css, html, LitElement } from 'lit'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import '../invite/invite-link.ts'

export class MeshAlone extends LitElement {
  static override properties = { store: { attribute: false } }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        gap: 16px;
        grid-template-columns: minmax(0, 1fr);
        padding: 24px;
      }
      p {
        max-width: 44ch;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  readonly #handle = new Watch(this, () => this.store?.handle)
  readonly #room = new Watch(this, () => this.store?.room)

  override render() {
    return html`<div>
        <h3>You are the first one here</h3>
        <p class="quiet">
          A mesh is a group of browser tabs that talk to each other directly and share work, with no server between them.
          One more tab is enough to start.
        </p>
      </div>
      <invite-link .url=${this.#handle.value?.inviteUrl} .isPrivate=${this.#room.value?.isPrivate ?? true}></invite-link>`
  }
}
customElements.define('mesh-alone', MeshAlone)
