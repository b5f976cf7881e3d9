/** The peers as a list, for reading and for the keyboard. A row opens its peer's card in place; the graph opens the same one. */
import { css, html, LitElement, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { styleMap } from 'lit/directives/style-map.js'
import type { PeerInfo } from '../../mesh/types.ts'
import { peerColour } from '../colour.ts'
import { roundTrip } from '../format.ts'
import { icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { loadOf } from './graph-model.ts'
import { linkWord } from './link-word.ts'
import './peer-card.ts'

export class PeerList extends LitElement {
  static override properties = { store: { attribute: false } }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: block;
      }
      ol {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        border-top: 1px solid var(--hairline);
        content-visibility: auto;
        contain-intrinsic-size: auto 40px;
      }
      li:first-child {
        border-top: 0;
      }
      .row {
        display: grid;
        grid-template-columns: 12px minmax(0, 1fr) auto 44px 64px 16px;
        align-items: center;
        gap: 12px;
        width: 100%;
        min-height: 40px;
        padding: 0 24px;
        border: 0;
        background: none;
        color: inherit;
        font: inherit;
        text-align: start;
        cursor: pointer;
      }
      @media (max-width: 719px) {
        .row {
          grid-template-columns: 12px minmax(0, 1fr) auto 32px 60px 16px;
          gap: 8px;
          padding: 0 16px;
        }
      }
      .row:hover {
        background: var(--paper-sunk);
      }
      .row:focus-visible {
        outline-offset: -2px;
      }
      .name {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        font-weight: 500;
      }
      .dot.is-suspect {
        background: none;
        border: 2px dashed var(--suspect);
        width: 12px;
        height: 12px;
      }
      .gauge {
        height: 4px;
        border-radius: 2px;
        background: var(--hairline);
        overflow: hidden;
      }
      .gauge i {
        display: block;
        height: 100%;
        background: var(--dot);
        transform-origin: left;
      }
      .rtt {
        text-align: end;
      }
      .icon {
        color: var(--ink-quiet);
        transition: transform var(--quick);
      }
      [aria-expanded='true'] .icon {
        transform: rotate(180deg);
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  readonly #peers = new Watch(this, () => this.store?.peers)
  readonly #selected = new Watch(this, () => this.store?.selected)

  override render() {
    const peers = [...(this.#peers.value ?? [])].sort((a, b) => a.joinedAtMs - b.joinedAtMs || (a.id < b.id ? -1 : 1))
    return html`<ol aria-label="Connected peers">
      ${repeat(
        peers,
        peer => peer.id,
        peer => this.#row(peer),
      )}
    </ol>`
  }

  override updated(): void {
    const selected = this.#selected.value
    if (selected === this.#shown) return
    this.#shown = selected
    const row = this.renderRoot.querySelector('[aria-expanded="true"]')
    if (selected) row?.closest('li')?.scrollIntoView({ block: 'nearest' })
  }
  #shown: string | undefined

  #row(peer: PeerInfo) {
    const isOpen = this.#selected.value === peer.id
    const load = loadOf(peer.load)
    const isSuspect = peer.state === 'suspect'
    return html`<li>
      <button
        class="row"
        aria-expanded=${isOpen}
        style=${styleMap({ '--dot': peerColour(peer.id) })}
        @click=${() => this.store?.selected.set(isOpen ? undefined : peer.id)}
      >
        <span class="dot ${isSuspect ? 'is-suspect' : ''}"></span>
        <span class="name">${peer.name}</span>
        <span class="small ${isSuspect ? 'suspect' : 'quiet'}">
          ${isSuspect ? 'suspect' : peer.state === 'joining' ? 'joining' : linkWord(peer.link)}
        </span>
        <span class="gauge" title="Load: ${peer.load.busy} of ${peer.load.slots} slots">
          <i style=${styleMap({ transform: `scaleX(${load})` })}></i>
          <span class="unseen">load ${Math.round(load * 100)} %</span>
        </span>
        <span class="rtt mono small">${roundTrip(peer.rttMs)}</span>
        ${icon('down')}
      </button>
      ${isOpen ? html`<mesh-peer-card .store=${this.store} .peer=${peer}></mesh-peer-card>` : nothing}
    </li>`
  }
}
customElements.define('mesh-peer-list', PeerList)
