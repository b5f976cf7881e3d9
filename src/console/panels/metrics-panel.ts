/** Load, round trips and traffic of the last two minutes, the direct links of this tab, and the engine's counters. */
import { css, html, LitElement, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { styleMap } from 'lit/directives/style-map.js'
import type { LinkInfo } from '../../mesh/types.ts'
import { peerColour } from '../colour.ts'
import { absolute, ago, bytes, bytesPerSecond, count, roundTrip, shortId } from '../format.ts'
import type { History } from '../history.ts'
import { chartedLinksMax } from '../limits.ts'
import { panelStyles } from '../look/panel-styles.ts'
import { sharedStyles } from '../look/styles.ts'
import { linkWord } from '../mesh/link-word.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { niceBytes, niceCeiling } from './chart-scale.ts'
import type { ChartLine } from './line-chart.ts'
import './connectivity-figures.ts'
import './line-chart.ts'

const percent = (value: number) => `${Math.round(value)} %`

export class MetricsPanel extends LitElement {
  static override properties = { store: { attribute: false } }
  static override styles = [
    sharedStyles,
    panelStyles,
    css`
      section {
        max-width: 760px;
      }
      h2 {
        font-size: var(--text);
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-size: var(--text-small);
      }
      th,
      td {
        padding: 3px 0 3px 12px;
        font-weight: 400;
        text-align: end;
        white-space: nowrap;
      }
      th:first-child,
      td:first-child {
        max-width: 130px;
        padding-left: 0;
        overflow: hidden;
        text-align: start;
        text-overflow: ellipsis;
      }
      thead th {
        color: var(--ink-quiet);
      }
      td .dot {
        margin-inline-end: 6px;
      }
      .wide {
        overflow-x: auto;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  readonly #history = new Watch(this, () => this.store?.history)
  readonly #links = new Watch(this, () => this.store?.links)
  readonly #counters = new Watch(this, () => this.store?.counters)
  readonly #now = new Watch(this, () => this.store?.nowMs)

  override render() {
    const history = this.#history.value
    const links = this.#links.value ?? []
    if (!history) return html``
    const { samples, seconds } = history
    return html`<section>
        <h2>Connectivity</h2>
        <connectivity-figures .store=${this.store}></connectivity-figures>
      </section>
      <section>
        <h2>Round trip</h2>
        ${
          links.length > 0
            ? html`<line-chart label="Round trip per link" .seconds=${seconds} .lines=${this.#roundTrips(history, links)} .written=${roundTrip} .ceiling=${(most: number) => niceCeiling(most, 5)}></line-chart>`
            : html`<p class="quiet small">No direct links yet.</p>`
        }
      </section>
      <section>
        <h2>Traffic</h2>
        <line-chart
          label="Traffic over all direct links"
          .seconds=${seconds}
          .lines=${[
            {
              key: 'sent',
              label: 'sent',
              colour: 'var(--accent)',
              values: samples.map(sample => sample.sentPerSecond),
            },
            {
              key: 'received',
              label: 'received',
              colour: 'var(--ink-quiet)',
              values: samples.map(sample => sample.receivedPerSecond),
              isDashed: true,
            },
          ]}
          .written=${bytesPerSecond}
          .ceiling=${(most: number) => niceBytes(most, 1_024)}
        ></line-chart>
      </section>
      <section>
        <h2>Load</h2>
        <line-chart
          label="Slots in use"
          .seconds=${seconds}
          .lines=${[
            { key: 'own', label: 'this tab', colour: 'var(--accent)', values: samples.map(sample => sample.ownLoad) },
            {
              key: 'room',
              label: 'whole room',
              colour: 'var(--ink-quiet)',
              values: samples.map(sample => sample.roomLoad),
              isDashed: true,
            },
          ]}
          .written=${percent}
          .ceiling=${() => 100}
        ></line-chart>
      </section>
      ${this.#linkTable(links)} ${this.#dials()} ${this.#counterTable()}`
  }

  #roundTrips({ samples }: History, links: readonly LinkInfo[]): ChartLine[] {
    const newestLast = [...links].sort((a, b) => a.openedAtMs - b.openedAtMs).slice(0, chartedLinksMax)
    return newestLast.map(({ peer }) => ({
      key: peer,
      label: this.store?.nameOf(peer) ?? shortId(peer),
      colour: peerColour(peer),
      values: samples.map(sample => sample.rttMs.get(peer) ?? null),
    }))
  }

  #linkTable(links: readonly LinkInfo[]) {
    const nowMs = this.#now.value ?? 0
    return html`<section>
      <h2>Direct links of this tab</h2>
      <div class="wide" tabindex="0" role="region" aria-label="Direct links of this tab">
        <table>
          <thead>
            <tr>
              <th scope="col">Peer</th>
              <th scope="col">Kind</th>
              <th scope="col">RTT</th>
              <th scope="col">Sent</th>
              <th scope="col">Received</th>
              <th scope="col">Opened</th>
            </tr>
          </thead>
          <tbody>
            ${repeat(
              links,
              link => link.peer,
              link => html`<tr>
                <td title=${link.peer}>
                  <span class="dot" style=${styleMap({ '--dot': peerColour(link.peer) })}></span>${this.store?.nameOf(link.peer) ?? shortId(link.peer)}
                </td>
                <td class="quiet">${linkWord(link.kind)}</td>
                <td class="mono">${roundTrip(link.rttMs)}</td>
                <td class="mono">${bytes(link.sentBytes)}</td>
                <td class="mono">${bytes(link.receivedBytes)}</td>
                <td class="mono"><time title=${absolute(link.openedAtMs)}>${ago(link.openedAtMs, nowMs)}</time></td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </section>`
  }

  #dials() {
    if (!this.store?.handle.value) return nothing
    return html`<section>
      <h2>How links were made</h2>
      <dial-timeline .store=${this.store}></dial-timeline>
    </section>`
  }

  #counterTable() {
    const counters = Object.entries(this.#counters.value ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
    return html`<section>
      <h2>Counters since this tab joined</h2>
      <table>
        <thead class="unseen">
          <tr>
            <th scope="col">Counter</th>
            <th scope="col">Times</th>
          </tr>
        </thead>
        <tbody>
          ${counters.map(([name, value]) => html`<tr><td>${name}</td><td class="mono">${count(value)}</td></tr>`)}
        </tbody>
      </table>
    </section>`
  }
}
customElements.define('metrics-panel', MetricsPanel)
