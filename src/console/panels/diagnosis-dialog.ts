/** "Why can't I connect?": what was looked at, step by step, what is the matter, and what to do about it. */
import { css, html, LitElement, nothing } from 'lit'
import '@awesome.me/webawesome/dist/components/dialog/dialog.js'
import '@awesome.me/webawesome/dist/components/button/button.js'
import { toMeshError } from '../../base/errors.ts'
import type { Diagnosis, DiagnosisStep } from '../../mesh/types.ts'
import { dialogStyles } from '../look/dialog-styles.ts'
import { type IconName, icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'

const titles: Readonly<Record<DiagnosisStep['what'], string>> = {
  'secure-context': 'Secure page',
  webrtc: 'WebRTC',
  signaling: 'Signaling server',
  peers: 'Others in the room',
  candidates: 'Addresses of this tab',
  dials: 'Dials so far',
  links: 'Links',
}
const states: Readonly<
  Record<DiagnosisStep['state'], { readonly word: string; readonly shape: IconName; readonly tone: string }>
> = {
  fine: { word: 'fine', shape: 'check', tone: 'healthy' },
  doubtful: { word: 'doubtful', shape: 'alert', tone: 'suspect' },
  failed: { word: 'failed', shape: 'cross', tone: 'failed' },
  skipped: { word: 'not looked at', shape: 'ring', tone: 'quiet' },
}

export class DiagnosisDialog extends LitElement {
  static override properties = {
    store: { attribute: false },
    open: { type: Boolean },
    diagnosis: { state: true },
    failure: { state: true },
  }
  static override styles = [
    sharedStyles,
    dialogStyles,
    css`
      ol {
        margin: 0 0 16px;
        padding: 0;
        list-style: none;
      }
      li {
        display: grid;
        grid-template-columns: 16px minmax(0, 1fr);
        gap: 0 12px;
        padding: 6px 0;
        border-top: 1px solid var(--hairline);
      }
      li:first-child {
        border-top: 0;
      }
      li .icon {
        margin-top: 3px;
      }
      .verdict {
        margin-bottom: 4px;
        font-weight: 600;
      }
      .actions {
        margin-top: 16px;
      }
      .waiting {
        min-height: 14rem;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  declare open: boolean
  declare diagnosis: Diagnosis | undefined
  declare failure: string | undefined

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('open') && this.open) void this.#look()
  }

  override render() {
    return html`<wa-dialog
      label="Why can’t I connect?"
      without-header
      light-dismiss
      ?open=${this.open}
      @wa-after-hide=${() => {
        this.open = false
        this.dispatchEvent(new Event('close'))
      }}
    >
      <div class="head">
        <h2>Why can’t I connect?</h2>
        <button class="plain close" aria-label="Close" @click=${() => this.#hide()}>${icon('cross')}</button>
      </div>
      <div aria-live="polite">${this.failure ? html`<p class="failed">${this.failure}</p>` : this.diagnosis ? this.#found(this.diagnosis) : html`<p class="waiting quiet">Looking at this page, the server, addresses, dials and links…</p>`}</div>
      <div class="actions">
        <wa-button size="s" appearance="outlined" ?loading=${!this.diagnosis && !this.failure} @click=${() => this.#look()}>Look again</wa-button>
      </div>
    </wa-dialog>`
  }

  #found({ summary, advice, steps }: Diagnosis) {
    return html`<ol>
        ${steps.map(({ what, state, detail }) => {
          const { word, shape, tone } = states[state]
          return html`<li>
            <span class=${tone}>${icon(shape)}</span>
            <span>${titles[what]}<span class="unseen">: ${word}</span><br /><span class="small quiet">${detail}</span></span>
          </li>`
        })}
      </ol>
      <p class="verdict">${summary}</p>
      ${advice ? html`<p>${advice}</p>` : nothing}`
  }

  #hide(): void {
    this.open = false
  }

  async #look(): Promise<void> {
    this.diagnosis = undefined
    this.failure = undefined
    try {
      this.diagnosis = await this.store?.handle.value?.diagnose()
      if (!this.diagnosis) this.failure = 'This tab cannot look: it is not in the room yet.'
    } catch (thrown) {
      this.failure = toMeshError(thrown, 'timeout').message
    }
  }
}
customElements.define('diagnosis-dialog', DiagnosisDialog)
