/** The Decisions panel's place: the panel itself is fetched when it is first looked at. */
import { css, html, LitElement } from 'lit'
import '@awesome.me/webawesome/dist/components/button/button.js'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'

export class DecisionsTab extends LitElement {
  static override properties = { store: { attribute: false }, stage: { state: true } }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: block;
        height: 100%;
        min-height: 0;
      }
      .note {
        display: grid;
        gap: 12px;
        justify-items: start;
        padding: 24px;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  declare stage: 'loading' | 'loaded' | 'failed'

  constructor() {
    super()
    this.stage = 'loading'
    void this.#load()
  }

  override render() {
    if (this.stage === 'loaded') return html`<decisions-panel .store=${this.store}></decisions-panel>`
    if (this.stage === 'loading') return html`<p class="note quiet">Loading…</p>`
    return html`<div class="note" role="alert">
      <p>This panel could not be loaded. The connection to the server broke off, or the site was just updated.</p>
      <wa-button size="s" appearance="outlined" @click=${() => this.#load()}>Try again</wa-button>
    </div>`
  }

  async #load(): Promise<void> {
    this.stage = 'loading'
    try {
      await import('./decisions-panel.ts')
      this.stage = 'loaded'
    } catch {
      this.stage = 'failed'
    }
  }
}
customElements.define('decisions-tab', DecisionsTab)
