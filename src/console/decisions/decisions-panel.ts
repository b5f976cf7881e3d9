/** Who decides, why it is them, what they decided, and what breaks when somebody is lost. Fetched by `decisions-tab.ts`. */
import { css, html, LitElement, nothing } from 'lit'
import { panelStyles } from '../look/panel-styles.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import './conflict-choice.ts'
import './decisions-help.ts'
import './decisions-log.ts'
import './decisions-now.ts'
import './election-history.ts'
import './member-list.ts'
import './quorum-lost.ts'
import './register-panel.ts'

/** Folded away at the end, so it may come a moment after the rest. */
const settingsForm = () => import('./room-settings.ts')

export class DecisionsPanel extends LitElement {
  static override properties = { store: { attribute: false } }
  static override styles = [
    sharedStyles,
    panelStyles,
    css`
      .column {
        max-width: 760px;
        margin: 0 auto;
      }
      .nothing {
        padding: 24px;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  readonly #view = new Watch(this, () => this.store?.decisions)

  override firstUpdated(): void {
    void settingsForm().catch(() => {})
  }

  override render() {
    const { store } = this
    const view = this.#view.value
    if (!view)
      return html`<p class="nothing quiet">Nothing is decided here yet. Once this tab is in the room, its tabs choose a leader and decide together.</p>`
    const hasMembers = view.members.length > 0
    return html`<div class="column">
      <decisions-now .store=${store}></decisions-now>
      ${view.state === 'no-quorum' ? html`<quorum-lost .store=${store}></quorum-lost>` : nothing}
      ${view.state === 'conflict' ? html`<conflict-choice .store=${store}></conflict-choice>` : nothing}
      ${hasMembers ? html`<member-list .store=${store}></member-list>` : nothing}
      ${view.state === 'starting' ? nothing : html`<register-panel .store=${store}></register-panel>`}
      ${view.log.lastIndex > 0 ? html`<decisions-log .store=${store}></decisions-log>` : nothing}
      ${view.elections.length > 0 ? html`<election-history .store=${store}></election-history>` : nothing}
      ${view.state === 'starting' ? nothing : html`<room-settings .store=${store}></room-settings>`}
      <decisions-help></decisions-help>
    </div>`
  }
}
customElements.define('decisions-panel', DecisionsPanel)
