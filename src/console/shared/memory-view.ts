/** The room's memory: what is in it, who wrote it, what lost in a conflict; a field to search and one to remember more. */
import { css, html, LitElement, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import '@awesome.me/webawesome/dist/components/button/button.js'
import { toMeshError } from '../../base/errors.ts'
import type { PeerId } from '../../base/ids.ts'
import type { Json } from '../../base/json.ts'
import type { MeshHandle } from '../../engine/handle.ts'
import type { Entry } from '../../engine/shared-handle.ts'
import { absolute, ago, duration } from '../format.ts'
import { memoryRowsMax } from '../limits.ts'
import { fieldStyles } from '../look/field-styles.ts'
import { rowsStyles } from '../look/rows-styles.ts'
import { sharedStyles } from '../look/styles.ts'
import { shownValue } from './shown-value.ts'
import '../look/confirm-button.ts'

export class MemoryView extends LitElement {
  static override properties = {
    mesh: { attribute: false },
    nowMs: { attribute: false },
    nameOf: { attribute: false },
    entries: { state: true },
    query: { state: true },
    problem: { state: true },
  }
  static override styles = [
    sharedStyles,
    rowsStyles,
    fieldStyles,
    css`
      :host {
        display: grid;
        gap: 12px;
      }
      form {
        display: grid;
        grid-template-columns: minmax(0, 2fr) minmax(0, 3fr) auto;
        gap: 8px;
        align-items: end;
      }
      .head {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 4px 12px;
        overflow-wrap: anywhere;
      }
      .value {
        overflow-wrap: anywhere;
        white-space: pre-wrap;
      }
      .conflict {
        padding-inline-start: 12px;
        border-inline-start: 2px solid var(--suspect);
      }
    `,
  ]
  declare mesh: MeshHandle | undefined
  declare nowMs: number
  declare nameOf: (peer: PeerId) => string | undefined
  declare entries: readonly Entry[]
  declare query: string
  declare problem: string | undefined
  #watched: MeshHandle | undefined
  #off: () => void = () => {}
  #isReading = false

  constructor() {
    super()
    this.nowMs = 0
    this.nameOf = () => undefined
    this.entries = []
    this.query = ''
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#off()
    this.#watched = undefined
  }

  override updated(): void {
    if (this.#watched === this.mesh) return
    this.#off()
    this.#watched = this.mesh
    this.#off = this.mesh?.memory.watch(() => void this.#read()) ?? (() => {})
    void this.#read()
  }

  override render() {
    const { entries, query } = this
    return html`<label class="small">Search the memory
        <input class="field" type="search" .value=${query} @input=${this.#onSearch} />
      </label>
      <ul aria-label="Entries">
        ${repeat(
          entries,
          entry => `${entry.namespace} ${entry.key}`,
          entry => this.#row(entry),
        )}
        ${entries.length === 0 ? html`<li class="quiet small">${query ? 'Nothing matches.' : 'Nothing is remembered yet.'}</li>` : nothing}
      </ul>
      <form @submit=${this.#onStore}>
        <label class="small">Key<input class="field" name="key" required maxlength="256" autocomplete="off" /></label>
        <label class="small">Value<input class="field" name="value" required autocomplete="off" /></label>
        <wa-button size="s" type="submit" appearance="outlined">Remember</wa-button>
      </form>
      ${this.problem ? html`<p class="failed small" role="alert">${this.problem}</p>` : nothing}`
  }

  #row(entry: Entry) {
    const { namespace, key, value, by, atMs, expiresAtMs, kind, tags, conflicts } = entry
    const left = expiresAtMs === undefined ? '' : `, for ${duration(Math.max(0, expiresAtMs - this.nowMs))} more`
    return html`<li>
      <span class="head"><span><strong class="mono">${key}</strong> <span class="quiet small">in ${namespace}${kind === 'value' ? '' : `, a ${kind}`}${tags.map(tag => ` #${tag}`)}</span></span>
      <confirm-button label="Forget" question="Forget it for everybody?" yes="Forget" @confirm=${() => this.#forget(entry)}></confirm-button></span>
      <span class="value mono">${shownValue(value)}</span>
      <span class="quiet small" title=${absolute(atMs)}>${this.nameOf(by) ?? 'somebody'}, ${ago(atMs, this.nowMs)}${left}</span>
      ${conflicts.map(
        conflict => html`<span class="conflict small">
          lost in a conflict: <span class="mono">${shownValue(conflict.value)}</span>
          <span class="quiet">${this.nameOf(conflict.by) ?? 'somebody'}, ${ago(conflict.atMs, this.nowMs)}</span>
        </span>`,
      )}
    </li>`
  }

  async #read(): Promise<void> {
    const { mesh, query } = this
    if (!mesh || this.#isReading) return
    this.#isReading = true
    const limit = memoryRowsMax
    const entries = await (query ? mesh.memory.search(query, { limit }) : mesh.memory.list({ limit })).catch(() => [])
    this.#isReading = false
    this.entries = entries
    if (this.query !== query) void this.#read()
  }

  #onSearch(event: InputEvent): void {
    this.query = (event.target as HTMLInputElement).value
    void this.#read()
  }

  #onStore(event: SubmitEvent): void {
    event.preventDefault()
    const form = event.target as HTMLFormElement
    const fields = new FormData(form)
    const done = this.mesh?.memory.store(String(fields.get('key')), parsed(String(fields.get('value'))))
    done?.then(
      () => {
        this.problem = undefined
        form.reset()
      },
      thrown => {
        this.problem = toMeshError(thrown, 'invalid-option').message
      },
    )
  }

  #forget({ key, namespace }: Entry): void {
    void this.mesh?.memory.delete(key, { namespace })
  }
}
customElements.define('memory-view', MemoryView)

/** What was typed, as JSON where it is some. */
function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}
