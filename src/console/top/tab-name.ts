/** This tab's name, edited where it stands: Enter or leaving the field keeps it, Escape takes it back. */
import { css, html, LitElement, nothing } from 'lit'
import { live } from 'lit/directives/live.js'
import { styleMap } from 'lit/directives/style-map.js'
import { toMeshError } from '../../base/errors.ts'
import { peerColour } from '../colour.ts'
import { tabNameCharsMax } from '../limits.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'

export class TabName extends LitElement {
  static override properties = { store: { attribute: false }, typed: { state: true }, failure: { state: true } }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: inline-flex;
        align-items: center;
        gap: 8px;
        min-width: 0;
      }
      /* The text behind the field gives it its width. */
      .field {
        display: inline-grid;
        min-width: 4ch;
        max-width: 24ch;
      }
      .field > * {
        grid-area: 1 / 1;
        min-width: 0;
        padding: 3px 6px;
        border: 1px solid transparent;
        border-radius: 4px;
        font: inherit;
        font-weight: 500;
      }
      .shape {
        visibility: hidden;
        overflow: hidden;
        white-space: pre;
      }
      input {
        width: 100%;
        background: none;
        color: inherit;
        text-overflow: ellipsis;
      }
      input:hover {
        border-color: var(--hairline);
        background: var(--paper-raised);
      }
      input:focus {
        outline: 2px solid var(--accent);
        outline-offset: 0;
        background: var(--paper-raised);
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  declare typed: string | undefined
  declare failure: string | undefined
  readonly #self = new Watch(this, () => this.store?.self)

  override render() {
    const self = this.#self.value
    if (!self) return nothing
    const shown = this.typed ?? self.name
    return html`<span class="dot" style=${styleMap({ '--dot': peerColour(self.id) })}></span>
      <span class="field">
        <span class="shape" aria-hidden="true">${shown || ' '}</span>
        <input
          aria-label="This tab's name"
          title=${this.failure ?? 'This tab’s name: click to change it'}
          size="1"
          maxlength=${tabNameCharsMax}
          spellcheck="false"
          autocomplete="off"
          .value=${live(shown)}
          @input=${(event: InputEvent) => {
            this.typed = (event.target as HTMLInputElement).value
          }}
          @keydown=${this.#onKey}
          @change=${() => this.#keep()}
          @blur=${() => this.#keep()}
        />
      </span>
      <span class="unseen" role="status">${this.failure}</span>`
  }

  #onKey(event: KeyboardEvent): void {
    const input = event.target as HTMLInputElement
    if (event.key === 'Escape') this.typed = undefined
    if (event.key === 'Enter' || event.key === 'Escape') input.blur()
  }

  async #keep(): Promise<void> {
    const name = this.typed?.trim()
    if (!name || name === this.#self.value?.name) {
      this.typed = undefined
      return
    }
    this.failure = undefined
    try {
      await this.store?.handle.value?.rename(name)
    } catch (thrown) {
      this.failure = `The name was not changed: ${toMeshError(thrown, 'invalid-option').message}`
    }
    if (this.typed?.trim() === name) this.typed = undefined
  }
}
customElements.define('tab-name', TabName)
