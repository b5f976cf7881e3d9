/** How well this tab is connected, in three figures, and the check that everybody answers. */
import { css, html, LitElement, nothing } from 'lit'
import '@awesome.me/webawesome/dist/components/button/button.js'
import { toMeshError } from '../../base/errors.ts'
import type { MeshFigures, Reachability } from '../../mesh/types.ts'
import { roundTrip, shortId } from '../format.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { topicTable, topicTableStyles } from './topic-table.ts'

export class ConnectivityFigures extends LitElement {
  static override properties = {
    store: { attribute: false },
    figures: { state: true },
    pinged: { state: true },
    isPinging: { state: true },
    failure: { state: true },
  }
  static override styles = [
    sharedStyles,
    topicTableStyles,
    css`
      :host {
        display: block;
      }
      dl {
        display: grid;
        grid-template-columns: repeat(3, minmax(0, 1fr));
        gap: 8px 16px;
        margin: 0 0 12px;
      }
      dt {
        font-size: var(--text-small);
        color: var(--ink-quiet);
      }
      dd {
        margin: 0;
        font-size: 1.25rem;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      dd small {
        display: block;
        font-size: var(--text-small);
        color: var(--ink-quiet);
        white-space: normal;
      }
      .ping {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 12px;
        min-height: 32px;
      }
      ul {
        flex: 1 0 100%;
        margin: 0;
        padding: 0;
        list-style: none;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  declare figures: MeshFigures | undefined
  declare pinged: Reachability | undefined
  declare isPinging: boolean
  declare failure: string | undefined
  readonly #now = new Watch(this, () => this.store?.nowMs)
  #readAtMs = 0

  constructor() {
    super()
    this.isPinging = false
  }

  /** Once a second, by the console's own seconds, which stand still while it is hidden. */
  override willUpdate(): void {
    const nowMs = this.#now.value ?? 0
    if (nowMs === this.#readAtMs) return
    this.#readAtMs = nowMs
    void this.#read()
  }

  override render() {
    const { connectivity, delivery, throughput } = this.figures ?? {}
    const perSecond = (value: number | undefined) => (value === undefined ? '–' : value.toFixed(value < 10 ? 1 : 0))
    return html`<dl>
        <div>
          <dt>Reachable</dt>
          <dd>
            ${connectivity ? `${Math.round(connectivity.share * 100)} %` : '–'}
            <small>${connectivity ? `${connectivity.reachable} of ${connectivity.known} peers` : ''}</small>
          </dd>
        </div>
        <div>
          <dt>Delivery</dt>
          <dd>
            ${roundTrip(delivery?.meanMs)}
            <small>mean, one way</small>
          </dd>
        </div>
        <div>
          <dt>Messages</dt>
          <dd>
            ${perSecond(throughput && throughput.sentPerSecond + throughput.receivedPerSecond)}/s
            <small>${perSecond(throughput?.sentPerSecond)} out, ${perSecond(throughput?.receivedPerSecond)} in</small>
          </dd>
        </div>
      </dl>
      <div class="ping">
        <wa-button size="s" appearance="outlined" ?loading=${this.isPinging} @click=${() => this.#pingAll()}>Ping all</wa-button>
        <span class="small ${this.failure ? 'failed' : ''}" role="status">${this.failure ?? this.#answers()}</span>
        ${this.#silent()}
      </div>
      ${topicTable(this.figures?.gossip)}`
  }

  #answers(): string {
    if (!this.pinged) return ''
    const { answered, asked, outcomes } = this.pinged
    const slowest = Math.max(...outcomes.map(outcome => (outcome.status === 'answered' ? outcome.rttMs : 0)))
    return `${answered} of ${asked} answered${answered > 0 ? `, the slowest in ${roundTrip(slowest)}` : ''}`
  }

  #silent() {
    const silent = this.pinged?.outcomes.filter(outcome => outcome.status === 'silent') ?? []
    if (silent.length === 0) return nothing
    return html`<ul class="small failed" aria-label="Peers that did not answer">
      ${silent.map(({ peer, error }) => html`<li>${this.store?.nameOf(peer) ?? shortId(peer)}: ${error.message}</li>`)}
    </ul>`
  }

  async #read(): Promise<void> {
    const handle = this.store?.handle.value
    // A mesh that is leaving has no figures, and the next second asks again.
    if (handle) this.figures = await handle.metrics().catch(() => undefined)
  }

  async #pingAll(): Promise<void> {
    const handle = this.store?.handle.value
    if (!handle || this.isPinging) return
    this.isPinging = true
    this.failure = undefined
    try {
      this.pinged = await handle.pingAll()
    } catch (thrown) {
      this.failure = toMeshError(thrown, 'unreachable').message
    } finally {
      this.isPinging = false
    }
  }
}
customElements.define('connectivity-figures', ConnectivityFigures)
