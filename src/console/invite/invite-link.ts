/** The three ways into this room: scan, copy, or open one more tab here. Used by the dialog and where this tab is alone. */
import { css, html, LitElement, nothing } from 'lit'
import '@awesome.me/webawesome/dist/components/button/button.js'
import { copied } from '../look/copy-text.ts'
import { icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import { qrImage } from './qr.ts'

/** How long "Copied" stays on the button, ms. */
const answeredMs = 1_500

export class InviteLink extends LitElement {
  static override properties = { url: {}, isPrivate: { type: Boolean }, answer: { state: true } }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: block;
        container-type: inline-size;
      }
      .invite {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 16px 24px;
        align-items: start;
      }
      .qr {
        display: block;
        width: 144px;
        height: 144px;
        border-radius: var(--radius);
        border: 1px solid var(--hairline);
      }
      .ways {
        display: grid;
        gap: 12px;
        min-width: 0;
      }
      input {
        width: 100%;
        min-width: 0;
        height: 34px;
        padding: 0 10px;
        border: 1px solid var(--hairline-strong);
        border-radius: var(--radius);
        background: var(--paper-raised);
        color: var(--ink);
        font: 0.8125rem var(--mono);
        text-overflow: ellipsis;
      }
      input:focus-visible {
        outline: 2px solid var(--accent);
        outline-offset: 2px;
      }
      .buttons {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
      wa-button .icon {
        margin-inline-end: 6px;
      }
      .label {
        display: inline-flex;
        align-items: center;
      }
      @container (max-width: 380px) {
        .qr {
          width: 112px;
          height: 112px;
        }
      }
      @container (max-width: 320px) {
        .invite {
          grid-template-columns: minmax(0, 1fr);
        }
        .qr {
          width: 176px;
          height: 176px;
        }
      }
    `,
  ]
  declare url: string | undefined
  declare isPrivate: boolean
  declare answer: 'copied' | 'failed' | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  override render() {
    const { url } = this
    if (!url) return nothing
    const words = { copied: 'Copied', failed: 'Select and copy by hand', none: 'Copy link' }[this.answer ?? 'none']
    return html`<div class="invite">
      ${qrImage(url)}
      <div class="ways">
        <input aria-label="Invite link" readonly .value=${url} @focus=${selectAll} />
        <div class="buttons">
          <wa-button size="s" variant="brand" @click=${() => this.#copy(url)}>
            <span class="label">${icon(this.answer === 'copied' ? 'check' : 'copy')}${words}</span>
          </wa-button>
          <wa-button size="s" appearance="outlined" @click=${() => window.open(url, '_blank', 'noopener')}>
            <span class="label">${icon('tab')}Open another tab</span>
          </wa-button>
        </div>
        <p class="small quiet">
          ${
            this.isPrivate
              ? 'Whoever has this link can join. Its key comes after the #, which no server ever sees.'
              : 'This room is public: whoever knows its name can join and read along.'
          }
        </p>
        <span class="unseen" role="status">${this.answer ? words : ''}</span>
      </div>
    </div>`
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearTimeout(this.#timer)
  }

  async #copy(url: string): Promise<void> {
    this.answer = (await copied(url)) ? 'copied' : 'failed'
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.answer = undefined
    }, answeredMs)
  }
}
customElements.define('invite-link', InviteLink)

function selectAll(event: FocusEvent): void {
  if (event.target instanceof HTMLInputElement) event.target.select()
}
