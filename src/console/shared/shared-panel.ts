/** What the room shares: a document that all edit, the memory, and how gossip goes. */
import { css, html, LitElement, nothing } from 'lit'
import type { ReplicaView, SharedView } from '../../engine/shared-handle.ts'
import { bytes, count, duration } from '../format.ts'
import { fieldStyles } from '../look/field-styles.ts'
import { panelStyles } from '../look/panel-styles.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { syncWords } from './sync-words.ts'
import './document-view.ts'
import './conflict-log.ts'
import './memory-view.ts'
import './sync-list.ts'

const firstDocument = 'notes'

export class SharedPanel extends LitElement {
  static override properties = { store: { attribute: false }, document: { state: true } }
  static override styles = [
    sharedStyles,
    panelStyles,
    fieldStyles,
    css`
      .documents {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 8px;
        align-items: end;
        margin-bottom: 12px;
      }
      document-view {
        height: clamp(220px, 44vh, 520px);
      }
      table {
        width: 100%;
        border-collapse: collapse;
      }
      th {
        font-weight: 500;
        text-align: start;
      }
      td,
      th {
        padding: 4px 0;
        border-top: 1px solid var(--hairline);
      }
      td:last-child {
        text-align: end;
        font-variant-numeric: tabular-nums;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  /** The document that is looked at. */
  declare document: string
  readonly #handle = new Watch(this, () => this.store?.handle)
  readonly #shared = new Watch(this, () => this.store?.shared)
  readonly #self = new Watch(this, () => this.store?.self)
  readonly #counters = new Watch(this, () => this.store?.counters)
  readonly #now = new Watch(this, () => this.store?.nowMs)
  readonly #peers = new Watch(this, () => this.store?.peers)

  constructor() {
    super()
    this.document = firstDocument
  }

  override render() {
    const [handle, shared] = [this.#handle.value, this.#shared.value]
    if (!handle || !shared)
      return html`<section><p class="quiet">Shared documents open once this tab has joined.</p></section>`
    const names = new Set([firstDocument, this.document, ...shared.replicas.flatMap(({ document }) => document ?? [])])
    const replica = shared.replicas.find(({ document }) => document === this.document)
    return html`<section aria-label="Document">
        <form class="documents" @submit=${this.#onOpen}>
          <label class="small">Document
            <input class="field" name="name" list="documents" .value=${this.document} required maxlength="128" autocomplete="off" />
          </label>
          <wa-button size="s" type="submit" appearance="outlined">Open</wa-button>
          <datalist id="documents">${[...names].map(name => html`<option value=${name}></option>`)}</datalist>
        </form>
        ${shared.trouble ? html`<p class="failed small" role="alert">${shared.trouble.message}</p>` : nothing}
        <document-view .mesh=${handle} .name=${this.document} .replica=${replica} .self=${this.#self.value}></document-view>
      </section>
      <section aria-label="Memory">
        <h2>Memory</h2>
        <memory-view .mesh=${handle} .nowMs=${this.#now.value ?? 0} .nameOf=${this.#nameOf}></memory-view>
      </section>
      <section aria-label="Conflicts">
        <h2>Conflicts</h2>
        <conflict-log .memory=${handle.memory} .nowMs=${this.#now.value ?? 0} .nameOf=${this.#nameOf}></conflict-log>
      </section>
      <section aria-label="Agreement">
        <h2>Agreement</h2>
        <sync-list .replicas=${shared.replicas} .peers=${this.#peers.value ?? []} .nowMs=${this.#now.value ?? 0}></sync-list>
        <table>
          <thead class="unseen">
            <tr><th scope="col">What</th><th scope="col">State</th></tr>
          </thead>
          <tbody>
            ${shared.replicas.map(view => this.#agreement(view))} ${this.#figures(shared)}
          </tbody>
        </table>
      </section>`
  }

  #agreement(view: ReplicaView) {
    const { text, tone } = syncWords(view)
    return html`<tr>
      <td>${view.document ?? 'memory'} <span class="quiet small">${bytes(view.bytes)}</span></td>
      <td><span class=${tone}>${text}</span></td>
    </tr>`
  }

  #figures({ settings }: SharedView) {
    const counters = this.#counters.value ?? {}
    const figures: [string, string][] = [
      ['Gossip interval', duration(settings.interval)],
      [
        'Anti-entropy',
        settings.antiEntropy ? `every ${duration(settings.antiEntropyInterval)}, with ${settings.fanout} peers` : 'off',
      ],
      ['Converged from', `${Math.round(settings.convergenceThreshold * 100)} % of the peers`],
      ['Batches sent', count(counters['gossip.batches-sent'] ?? 0)],
      ['Batches received', count(counters['gossip.batches-received'] ?? 0)],
      ['Updates received', count(counters['shared.updates-received'] ?? 0)],
      ['Asked for what was missing', count(counters['shared.pulls'] ?? 0)],
      ['Dropped as malformed', count(counters['shared.malformed'] ?? 0)],
    ]
    return figures.map(([name, value]) => html`<tr><td>${name}</td><td>${value}</td></tr>`)
  }

  readonly #nameOf = (peer: Parameters<ConsoleStore['nameOf']>[0]) => this.store?.nameOf(peer)

  #onOpen(event: SubmitEvent): void {
    event.preventDefault()
    this.document = String(new FormData(event.target as HTMLFormElement).get('name')).trim() || firstDocument
  }
}
customElements.define('shared-panel', SharedPanel)
