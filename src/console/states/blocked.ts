/** The page when there is no mesh: why, and every way on. Takes the whole page, since nothing else could work. */
import { css, html, LitElement, nothing } from 'lit'
import '@awesome.me/webawesome/dist/components/button/button.js'
import { sharedStyles } from '../look/styles.ts'
import { roomFragment } from '../room-url.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { problemWords } from './problem-words.ts'

export class MeshBlocked extends LitElement {
  static override properties = { store: { attribute: false } }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        align-content: center;
        min-height: 100%;
        padding: 32px 24px 12vh;
      }
      section {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 16px;
        width: min(36rem, 100%);
        margin: 0 auto;
      }
      h1 {
        margin: 0;
        font-size: 1.5rem;
        font-weight: 600;
        line-height: 1.25;
        letter-spacing: -0.01em;
      }
      .advice {
        font-size: 1rem;
        line-height: 1.6;
      }
      wa-button::part(button) {
        height: auto;
        min-height: var(--wa-form-control-height);
        padding-block: 4px;
        white-space: normal;
      }
      :host {
        grid-template-columns: minmax(0, 1fr);
      }
      .way {
        display: grid;
        gap: 8px;
        justify-items: start;
        padding-top: 16px;
        border-top: 1px solid var(--hairline);
      }
      .reason {
        overflow-wrap: anywhere;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  readonly #failure = new Watch(this, () => this.store?.failure)
  readonly #problem = new Watch(this, () => this.store?.problem)
  readonly #phase = new Watch(this, () => this.store?.phase)
  readonly #link = new Watch(this, () => this.store?.link)

  override render() {
    if (this.#phase.value === 'left')
      return html`<section>
        <h1>You left the room</h1>
        <p class="advice quiet">This tab is no longer a peer. The others go on without it.</p>
        <div><wa-button variant="brand" @click=${() => this.#again()}>Join again</wa-button></div>
      </section>`
    const failure = this.#problem.value ?? this.#failure.value
    if (!failure) return nothing
    const { title, advice } = problemWords(failure.code)
    return html`<section role="alert">
      <h1>${title}</h1>
      <p class="advice quiet">${advice}</p>
      ${failure.code === 'wrong-secret' ? this.#keyWays() : this.#otherWays(failure.code)}
      <p class="reason small quiet"><span class="mono">${failure.code}</span>: ${failure.message}</p>
    </section>`
  }

  #keyWays() {
    const room = this.#link.value?.room
    return html`<div class="way">
        <h2>Fix the link</h2>
        <p class="quiet">
          Part of it may have been cut off or changed. Ask whoever is in the room to press Invite and send you the link again, then
          open it, or paste it over the address of this tab.
        </p>
        <wa-button appearance="outlined" @click=${() => this.#again()}>Try this link again</wa-button>
      </div>
      <div class="way">
        <h2>Open a separate room</h2>
        <p class="quiet">If the key is meant to be different, open a room of your own that is also called “${room}”.</p>
        <wa-button variant="brand" @click=${() => this.#separate()}>Open a separate room of this name with this key</wa-button>
      </div>`
  }

  #otherWays(code: string) {
    if (code === 'version-mismatch')
      return html`<div><wa-button variant="brand" @click=${() => location.reload()}>Reload this tab</wa-button></div>`
    return html`<div><wa-button variant="brand" @click=${() => this.#again()}>Try again</wa-button></div>`
  }

  #again(): void {
    const link = this.#link.value
    // A failure is told by the session; here is nobody left to handle it.
    if (link) this.store?.session.join(link).catch(() => {})
  }

  #separate(): void {
    const link = this.#link.value
    if (link) location.hash = roomFragment({ ...link, separate: true })
  }
}
customElements.define('mesh-blocked', MeshBlocked)
