/** Too few voters: what still works, what to wait for, and the last way out, which says what it costs. */
import { css, html, LitElement, nothing } from 'lit'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { Attempt } from './attempt.ts'
import { sectionStyles } from './section-styles.ts'
import { lossWords } from './words.ts'
import '../look/confirm-button.ts'

export class QuorumLost extends LitElement {
  static override properties = { store: { attribute: false } }
  static override styles = [
    sharedStyles,
    sectionStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 8px;
        background: var(--failed-quiet);
      }
      confirm-button {
        justify-self: start;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  readonly #view = new Watch(this, () => this.store?.decisions)
  readonly #attempt = new Attempt(this)

  override render() {
    const view = this.#view.value
    if (!view) return nothing
    const holdsCopy = view.members.some(({ isHostedHere }) => isHostedHere)
    return html`<h3>Waiting for the others costs nothing</h3>
      <p class="small">
        As soon as enough voters are back, decisions go on by themselves, with everything that was decided. Shared documents, jobs and messages
        go on meanwhile. Open the tabs that are missing, or mend their network.
      </p>
      <h3>If they are gone for good</h3>
      ${
        holdsCopy
          ? html`<p class="small">${lossWords(view)}</p>
              <confirm-button
                label="Continue from here"
                question="Begin a new history from this tab’s copy?"
                yes="Continue from here"
                @confirm=${() => this.#continue()}
              ></confirm-button>`
          : html`<p class="small">This tab holds no copy of what was decided. Choose “Continue from here” in a tab that does.</p>`
      }
      ${this.#attempt.line()}`
  }

  #continue(): void {
    this.#attempt.with(this.store?.handle.value, async ({ decisions }) => {
      await decisions.continueFromHere()
      return 'A new history began with this tab’s copy. It remembers which one it came from.'
    })
  }
}
customElements.define('quorum-lost', QuorumLost)
