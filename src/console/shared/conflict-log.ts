/** What lost in a conflict since this tab looked: who wrote it, what won, and when it came here. It stays when the key was written again. */
import { css, html, LitElement, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { PeerId } from '../../base/ids.ts'
import type { Json } from '../../base/json.ts'
import type { Entry, MemoryHandle } from '../../engine/shared-handle.ts'
import { absolute, ago } from '../format.ts'
import { conflictsShownMax } from '../limits.ts'
import { rowsStyles } from '../look/rows-styles.ts'
import { sharedStyles } from '../look/styles.ts'
import { shownValue } from './shown-value.ts'

interface Lost {
  readonly id: string
  readonly place: string
  readonly value: Json
  readonly by: PeerId
  readonly won: Json
  readonly wonBy: PeerId
  readonly atMs: number
}

export class ConflictLog extends LitElement {
  static override properties = {
    memory: { attribute: false },
    nowMs: { attribute: false },
    nameOf: { attribute: false },
    lost: { state: true },
  }
  static override styles = [
    sharedStyles,
    rowsStyles,
    css`
      li {
        overflow-wrap: anywhere;
      }
    `,
  ]
  declare memory: MemoryHandle | undefined
  declare nowMs: number
  declare nameOf: (peer: PeerId) => string | undefined
  /** The newest first. */
  declare lost: readonly Lost[]
  #watched: MemoryHandle | undefined
  #off: () => void = () => {}

  constructor() {
    super()
    this.nowMs = 0
    this.nameOf = () => undefined
    this.lost = []
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#off()
    this.#watched = undefined
  }

  override updated(): void {
    const { memory } = this
    if (this.#watched === memory) return
    this.#off()
    this.#watched = memory
    this.#off = memory?.watch(({ entry }) => entry && this.#note([entry])) ?? (() => {})
    void memory?.list().then(
      entries => this.#note(entries),
      () => {}, // it has left
    )
  }

  override render() {
    return html`<ul aria-label="Conflicts">
      ${repeat(
        this.lost,
        ({ id }) => id,
        ({ place, value, by, won, wonBy, atMs }) => html`<li>
          <span><strong class="mono">${place}</strong>: <span class="mono">${shownValue(won)}</span> <span class="quiet small">by ${this.#name(wonBy)}</span></span>
          <span class="small">lost against it: <span class="mono">${shownValue(value)}</span>
            <span class="quiet" title=${absolute(atMs)}>by ${this.#name(by)}, ${ago(atMs, this.nowMs)}</span></span>
        </li>`,
      )}
      ${this.lost.length === 0 ? html`<li class="quiet small">No two have written the same key at once.</li>` : nothing}
    </ul>`
  }

  #name(peer: PeerId): string {
    return this.nameOf(peer) ?? 'somebody'
  }

  #note(entries: readonly Entry[]): void {
    const known = new Set(this.lost.map(({ id }) => id))
    const fresh = entries.flatMap(({ namespace, key, value: won, by: wonBy, conflicts }) =>
      conflicts.map(({ value, by, atMs }) => {
        const place = namespace === 'default' ? key : `${namespace} ${key}`
        return { id: JSON.stringify([namespace, key, by, atMs]), place, value, by, won, wonBy, atMs }
      }),
    )
    const added = fresh.filter(({ id }) => !known.has(id))
    if (added.length === 0) return
    const all = [...added, ...this.lost].sort((one, other) => other.atMs - one.atMs)
    this.lost = all.slice(0, conflictsShownMax)
  }
}
customElements.define('conflict-log', ConflictLog)
