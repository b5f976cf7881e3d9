/** A button that asks once, in its own place, before it does what cannot be undone. */

import type WaButton from '@awesome.me/webawesome/dist/components/button/button.js'
import { css, html, LitElement } from 'lit'
import '@awesome.me/webawesome/dist/components/button/button.js'
import { sharedStyles } from './styles.ts'

export class ConfirmButton extends LitElement {
  static override properties = { label: {}, question: {}, yes: {}, isAsking: { state: true } }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: inline-flex;
      }
      .asking {
        display: inline-flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: end;
        gap: 8px;
      }
    `,
  ]
  declare label: string | undefined
  declare question: string | undefined
  declare yes: string | undefined
  declare isAsking: boolean

  override render() {
    if (!this.isAsking)
      return html`<wa-button size="s" appearance="outlined" @click=${() => this.#ask(true)}>${this.label}</wa-button>`
    return html`<span class="asking" role="group" aria-label=${this.question} @keydown=${this.#onKey}>
      <span class="small">${this.question}</span>
      <wa-button class="yes" size="s" variant="danger" @click=${this.#confirm}>${this.yes}</wa-button>
      <wa-button size="s" appearance="outlined" @click=${() => this.#ask(false)}>Keep</wa-button>
    </span>`
  }

  override updated(changed: Map<string, unknown>): void {
    // The button that was pressed is gone; the focus must not be. It goes to the one that does no harm.
    if (changed.get('isAsking') !== undefined) void this.#refocus()
  }

  constructor() {
    super()
    this.isAsking = false
  }

  #ask(isAsking: boolean): void {
    this.isAsking = isAsking
  }

  async #refocus(): Promise<void> {
    const button = this.renderRoot.querySelector<WaButton>('wa-button:last-of-type')
    await button?.updateComplete
    button?.focus()
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') this.#ask(false)
  }

  #confirm(): void {
    this.isAsking = false
    this.dispatchEvent(new Event('confirm'))
  }
}
customElements.define('confirm-button', ConfirmButton)
