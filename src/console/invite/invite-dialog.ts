/** The invite, over the page: link, QR code, and another tab. */
import { html, LitElement } from 'lit'
import '@awesome.me/webawesome/dist/components/dialog/dialog.js'
import { dialogStyles } from '../look/dialog-styles.ts'
import { icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import './invite-link.ts'

export class InviteDialog extends LitElement {
  static override properties = { url: {}, isPrivate: { type: Boolean }, open: { type: Boolean } }
  static override styles = [sharedStyles, dialogStyles]
  declare url: string | undefined
  declare isPrivate: boolean
  declare open: boolean

  override render() {
    return html`<wa-dialog
      label="Invite others into this room"
      without-header
      light-dismiss
      ?open=${this.open}
      @wa-after-hide=${() => {
        this.open = false
        this.dispatchEvent(new Event('close'))
      }}
    >
      <div class="head">
        <h2>Invite others into this room</h2>
        <button class="plain close" aria-label="Close" @click=${() => this.#hide()}>${icon('cross')}</button>
      </div>
      <invite-link .url=${this.url} .isPrivate=${this.isPrivate}></invite-link>
    </wa-dialog>`
  }

  #hide(): void {
    this.open = false
  }
}
customElements.define('invite-dialog', InviteDialog)
