/** What was decided: keys with their values and versions, an editor for them, and the changes as they come. */
import { css, html, LitElement, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { Decided, DecisionsView } from '../../consensus/decisions/types.ts'
import { absolute, ago, bytes, count, plural } from '../format.ts'
import { fieldStyles } from '../look/field-styles.ts'
import { icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { shownValue } from './edit.ts'
import { filterFromKeys, registerRowsMax } from './limits.ts'
import type { RegisterEditor } from './register-editor.ts'
import { RegisterFeed } from './register-feed.ts'
import { sectionStyles } from './section-styles.ts'
import './register-editor.ts'

export class RegisterPanel extends LitElement {
  static override properties = { store: { attribute: false }, prefix: { state: true }, most: { state: true } }
  static override styles = [
    sharedStyles,
    sectionStyles,
    fieldStyles,
    css`
      .find {
        display: flex;
        align-items: end;
        gap: 12px;
        margin-top: 16px;
      }
      .find label {
        flex: 1;
        font-size: var(--text-small);
      }
      .row {
        display: grid;
        grid-template-columns: minmax(0, 2fr) minmax(0, 3fr) auto;
        gap: 12px;
        width: 100%;
        padding: 6px 0;
        border: 0;
        border-top: 1px solid var(--hairline);
        background: none;
        color: inherit;
        font: inherit;
        font-size: var(--text-small);
        text-align: start;
        cursor: pointer;
      }
      .keys {
        margin-top: 8px;
        max-height: 320px;
        overflow: auto;
        scrollbar-width: thin;
      }
      .keys li {
        content-visibility: auto;
        contain-intrinsic-size: auto 32px;
      }
      .row:hover .key {
        color: var(--accent);
        text-decoration: underline;
        text-underline-offset: 3px;
      }
      .row:focus-visible {
        outline-offset: -2px;
      }
      .row > *,
      .change > * {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      details {
        margin-top: 8px;
      }
      summary {
        cursor: pointer;
        padding: 4px 0;
      }
      .change {
        display: grid;
        grid-template-columns: 9ch minmax(0, 2fr) minmax(0, 3fr) auto;
        gap: 12px;
        padding: 3px 0;
      }
      .note {
        display: flex;
        gap: 6px;
        align-items: start;
        padding: 8px 0;
      }
      .note .icon {
        margin-top: 2px;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  declare prefix: string
  declare most: number
  readonly #view = new Watch(this, () => this.store?.decisions)
  readonly #handle = new Watch(this, () => this.store?.handle)
  readonly #now = new Watch(this, () => this.store?.nowMs)
  readonly #feed = new RegisterFeed(this)
  /** Of the view at which the register was read last: another history, or decisions that go on again, may hold something else. */
  #readAt = ''

  constructor() {
    super()
    this.prefix = ''
    this.most = registerRowsMax
  }

  override willUpdate(): void {
    this.#feed.follow(this.#handle.value?.decisions)
    const view = this.#view.value
    const at = `${view?.generation?.id} ${view?.state === 'no-quorum'}`
    if (at === this.#readAt) return
    const isFirst = this.#readAt === ''
    this.#readAt = at
    if (!isFirst) void this.#feed.read()
  }

  override render() {
    const view = this.#view.value
    if (!view) return nothing
    const isReadOnly = view.state === 'no-quorum'
    return html`<div class="heading">
        <h3>Register</h3>
        <span class="small quiet mono">${plural(view.keys, 'key')}, ${bytes(view.bytes)}</span>
      </div>
      <register-editor .store=${this.store} .book=${this.#feed.book} .isReadOnly=${isReadOnly}></register-editor>
      ${view.keys >= filterFromKeys || this.prefix ? this.#find() : nothing} ${this.#note(isReadOnly)} ${this.#keys(view)} ${this.#changes()}`
  }

  #find() {
    return html`<div class="find">
      <label>
        Show keys that begin with
        <input
          class="field mono"
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          .value=${this.prefix}
          @input=${(event: Event) => {
            this.prefix = (event.target as HTMLInputElement).value
            this.most = registerRowsMax
          }}
        />
      </label>
    </div>`
  }

  #note(isReadOnly: boolean) {
    const { state, failure } = this.#feed
    if (isReadOnly && this.#feed.book.list('', 1).total > 0)
      return html`<p class="note small suspect">${icon('alert')}<span>As this tab last knew it. The others may have decided something since.</span></p>`
    if (state === 'failed' && !isReadOnly)
      return html`<p class="note small suspect">${icon('alert')}<span>Not read through the leader: ${failure?.message}.
        <button class="plain link" @click=${() => this.#feed.read()}>Read again</button></span></p>`
    return nothing
  }

  #keys({ keys }: DecisionsView) {
    const { rows, total } = this.#feed.book.list(this.prefix, this.most)
    if (total === 0) return html`<p class="small quiet note">${this.#nothing(keys)}</p>`
    return html`<ul class="keys" aria-label="Keys of the register">
        ${repeat(
          rows,
          ({ key }) => key,
          row => this.#row(row),
        )}
      </ul>
      ${
        total > rows.length
          ? html`<button class="plain link small" @click=${this.#more}>Show more: ${count(total - rows.length)} left</button>`
          : nothing
      }`
  }

  #nothing(keys: number): string {
    if (this.#feed.state === 'reading') return 'Reading…'
    if (this.#feed.state === 'failed' && keys > 0)
      return `${plural(keys, 'key')} in the copy of this tab. They are shown when a quorum has confirmed that they are the latest.`
    return this.prefix === '' || keys === 0 ? 'No key is set yet.' : `No key begins with “${this.prefix}”.`
  }

  #row({ key, value, version }: Decided) {
    const text = shownValue(value)
    return html`<li>
      <button class="row" title="Edit ${key}" @click=${() => this.#edit(key)}>
        <span class="key mono">${key}</span>
        <span class="mono" title=${text}>${text}</span>
        <span class="mono quiet"><span class="unseen">version </span>v${count(version)}</span>
      </button>
    </li>`
  }

  #changes() {
    const changes = this.#feed.changes.filter(({ key }) => key.startsWith(this.prefix))
    const nowMs = this.#now.value ?? 0
    return html`<details>
      <summary class="small">Changes as they come <span class="quiet mono">${count(this.#feed.changesSeen)} so far</span></summary>
      ${
        changes.length === 0
          ? html`<p class="small quiet">Nothing has changed since this panel was opened.</p>`
          : html`<ol class="small">
              ${changes.map(
                ({ key, value, version, atMs }) => html`<li class="change">
                  <time class="quiet" title=${absolute(atMs)}>${ago(atMs, nowMs)}</time>
                  <span class="mono">${key}</span>
                  <span class="mono">${value === undefined ? html`<span class="quiet">deleted</span>` : shownValue(value)}</span>
                  <span class="mono quiet">v${count(version)}</span>
                </li>`,
              )}
            </ol>`
      }
    </details>`
  }

  #edit(key: string): void {
    this.renderRoot.querySelector<RegisterEditor>('register-editor')?.edit(key)
  }

  readonly #more = (): void => {
    this.most += registerRowsMax
  }
}
customElements.define('register-panel', RegisterPanel)
