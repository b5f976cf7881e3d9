/** The button and the keys that open the command bar, which is fetched at its first use. */
import { css, html, LitElement, nothing } from 'lit'
import '@awesome.me/webawesome/dist/components/button/button.js'
import { icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { keyWords, opensCommands } from './command-key.ts'

/** Fetched unasked when the console stands, ms: whoever serves it may be gone when somebody wants it. */
const laterMs = 2_000

export class CommandLauncher extends LitElement {
  static override properties = { store: { attribute: false }, isOpen: { state: true }, stage: { state: true } }
  static override styles = [
    sharedStyles,
    css`
      .label {
        display: inline-flex;
        align-items: center;
        gap: 6px;
      }
      kbd {
        color: var(--ink-quiet);
        font: inherit;
        font-size: 0.75rem;
      }
      @media (max-width: 1099px) {
        kbd {
          display: none;
        }
      }
      @media (max-width: 719px) {
        /* As narrow as its icon: the names beside it need the room. */
        wa-button {
          --wa-form-control-padding-inline: 0.2em;
        }
        wa-button::part(button) {
          border-color: transparent;
          background: none;
        }
        .word {
          position: absolute;
          width: 1px;
          height: 1px;
          overflow: hidden;
          clip-path: inset(50%);
        }
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  declare isOpen: boolean
  declare stage: 'none' | 'loaded' | 'failed'

  constructor() {
    super()
    this.isOpen = false
    this.stage = 'none'
  }

  override connectedCallback(): void {
    super.connectedCallback()
    addEventListener('keydown', this.#onKey)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    removeEventListener('keydown', this.#onKey)
  }

  override firstUpdated(): void {
    setTimeout(() => void import('./command-bar.ts').catch(() => {}), laterMs)
  }

  override render() {
    const keys = keyWords(navigator.platform)
    return html`<wa-button size="s" appearance="outlined" title="Type a command (${keys} or /)" @click=${() => this.#open()}>
        <span class="label">${icon('command')}<span class="word">Commands</span><kbd>${keys}</kbd></span>
      </wa-button>
      ${this.stage === 'failed' ? html`<span class="unseen" role="alert">The command bar could not be loaded: the connection to the server broke off, or the site was just updated.</span>` : nothing}
      ${this.stage === 'loaded' ? html`<command-bar .store=${this.store} .open=${this.isOpen} @close=${() => this.#close()}></command-bar>` : nothing}`
  }

  async #open(): Promise<void> {
    try {
      await import('./command-bar.ts')
      this.stage = 'loaded'
      this.isOpen = true
    } catch {
      this.stage = 'failed'
    }
  }

  #close(): void {
    this.isOpen = false
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (!opensCommands(event, event.composedPath()[0])) return
    event.preventDefault()
    void this.#open()
  }
}
customElements.define('command-launcher', CommandLauncher)
