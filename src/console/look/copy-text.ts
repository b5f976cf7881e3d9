/** Text that a click copies, with the answer in place: short to look at, whole when hovered or copied. */
import { css, html, LitElement } from 'lit'
import { icon } from './icons.ts'
import { sharedStyles } from './styles.ts'

/** How long "copied" is shown, ms. */
const answeredMs = 1_500

export class CopyText extends LitElement {
  static override properties = { text: {}, shown: {}, answer: { state: true } }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: inline;
      }
      .icon {
        width: 14px;
        height: 14px;
        color: var(--ink-quiet);
      }
      button:hover .icon {
        color: var(--accent);
      }
    `,
  ]
  declare text: string | undefined
  declare shown: string | undefined
  declare answer: 'copied' | 'failed' | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  override render() {
    return html`<button class="plain" title=${this.text ?? ''} aria-label="Copy ${this.shown ?? this.text ?? ''}" @click=${() => this.#copy()}>
        ${this.shown ?? this.text} ${icon(this.answer === 'copied' ? 'check' : this.answer === 'failed' ? 'cross' : 'copy')}
      </button>
      <span class="unseen" role="status">${this.answer === 'copied' ? 'Copied' : this.answer ? 'Could not copy' : ''}</span>`
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearTimeout(this.#timer)
  }

  async #copy(): Promise<void> {
    this.answer = (await copied(this.text ?? '')) ? 'copied' : 'failed'
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.answer = undefined
    }, answeredMs)
  }
}
customElements.define('copy-text', CopyText)

/** Whether the clipboard took it: it may be forbidden, and then the text can still be selected by hand. */
export async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
