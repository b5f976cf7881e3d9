/** One button that goes round: as the system, light, dark. */
import { css, html, LitElement } from 'lit'
import { icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import { nextTheme, savedTheme, saveTheme, type Theme } from '../look/theme.ts'

const words: Readonly<Record<Theme, string>> = { system: 'as the system', light: 'light', dark: 'dark' }

export class ThemeSwitch extends LitElement {
  static override properties = { theme: { state: true } }
  static override styles = [
    sharedStyles,
    css`
      button.plain {
        padding: 8px;
        border-radius: var(--radius);
        color: var(--ink-quiet);
      }
      button.plain:hover {
        color: var(--ink);
        background: var(--paper-sunk);
      }
    `,
  ]
  declare theme: Theme

  constructor() {
    super()
    this.theme = savedTheme()
  }

  override render() {
    const label = `Theme: ${words[this.theme]}`
    return html`<button class="plain" aria-label="${label}. Change to ${words[nextTheme(this.theme)]}" title=${label} @click=${this.#turn}>
      ${icon(this.theme)}
    </button>`
  }

  #turn(): void {
    this.theme = nextTheme(this.theme)
    saveTheme(this.theme)
  }
}
customElements.define('theme-switch', ThemeSwitch)
