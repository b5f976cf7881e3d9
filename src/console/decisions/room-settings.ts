/** What holds for every tab of the room, folded away until somebody asks for it. */
import { css, html, LitElement, nothing } from 'lit'
import { icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { sectionStyles } from './section-styles.ts'
import { keptOf, type PartName, parts } from './settings-fields.ts'
import './settings-part.ts'

const names = Object.keys(parts) as PartName[]

export class RoomSettings extends LitElement {
  static override properties = { store: { attribute: false } }
  static override styles = [
    sharedStyles,
    sectionStyles,
    css`
      summary {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 0 8px;
        list-style: none;
        cursor: pointer;
      }
      summary::-webkit-details-marker {
        display: none;
      }
      summary .icon {
        align-self: center;
        color: var(--ink-quiet);
        rotate: -90deg;
        transition: rotate var(--quick);
      }
      [open] summary .icon {
        rotate: 0deg;
      }
      summary .small {
        margin-inline-start: auto;
      }
      .intro {
        max-width: 62ch;
        padding-top: 8px;
      }
      .note {
        display: flex;
        gap: 6px;
        padding-top: 8px;
      }
      .note .icon {
        margin-top: 2px;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  readonly #settings = new Watch(this, () => this.store?.settings)
  readonly #view = new Watch(this, () => this.store?.decisions)

  override render() {
    const isReadOnly = this.#view.value?.state === 'no-quorum'
    return html`<details>
      <summary>${icon('down')}<h3>Settings of the room</h3><span class="small quiet">${this.#inShort()}</span></summary>
      <p class="intro small quiet">
        They hold for every tab that is here and for those that come later. A majority of the voters decides each change, and the room remembers
        it when all tabs are closed.
      </p>
      ${
        isReadOnly
          ? html`<p class="note small suspect">${icon('alert')}<span>Nothing can be changed now: too few voters can be reached. Open the tabs that are missing, or wait for them.</span></p>`
          : nothing
      }
      ${names.map(name => html`<settings-part .store=${this.store} .kind=${name} .isReadOnly=${isReadOnly}></settings-part>`)}
    </details>`
  }

  #inShort(): string {
    const settings = this.#settings.value
    if (!settings) return 'reading…'
    const set = names.reduce((sum, name) => sum + Object.keys(keptOf(name, settings)).length, 0)
    const all = names.reduce((sum, name) => sum + parts[name].fields.length, 0)
    return set === 0 ? 'as by default' : `${set} of ${all} set`
  }
}
customElements.define('room-settings', RoomSettings)
