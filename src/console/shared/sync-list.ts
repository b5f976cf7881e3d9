/** Each peer of the room: whether it holds the same as this tab, or what not, and since when. */
import { css, html, LitElement, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { styleMap } from 'lit/directives/style-map.js'
import type { PeerId } from '../../base/ids.ts'
import type { ReplicaView } from '../../engine/shared-handle.ts'
import { peerColour } from '../colour.ts'
import { absolute, ago, plural } from '../format.ts'
import { sharedStyles } from '../look/styles.ts'
import { type PeerSync, peerSyncs } from './peer-syncs.ts'

/** So many of those who hold the same are named. */
const sameShownMax = 8

export class SyncList extends LitElement {
  static override properties = {
    replicas: { attribute: false },
    peers: { attribute: false },
    nowMs: { attribute: false },
  }
  static override styles = [
    sharedStyles,
    css`
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: grid;
        grid-template-columns: 12px minmax(0, 1fr) auto;
        gap: 0 10px;
        align-items: baseline;
        padding: 4px 0;
        border-top: 1px solid var(--hairline);
      }
      .name {
        overflow-wrap: anywhere;
      }
      .state {
        text-align: end;
        font-variant-numeric: tabular-nums;
      }
      .more {
        display: block;
        padding: 4px 0;
        border-top: 1px solid var(--hairline);
      }
    `,
  ]
  declare replicas: readonly ReplicaView[]
  declare peers: readonly { readonly id: PeerId; readonly name: string }[]
  declare nowMs: number

  constructor() {
    super()
    this.replicas = []
    this.peers = []
    this.nowMs = 0
  }

  override render() {
    const syncs = peerSyncs(this.replicas, this.peers)
    const same = syncs.filter(({ state }) => state === 'same')
    const shown = [...syncs.filter(({ state }) => state !== 'same'), ...same.slice(0, sameShownMax)]
    const more = same.length - sameShownMax
    return html`<ul aria-label="Peers and what they hold">
        ${repeat(
          shown,
          ({ id }) => id,
          sync => this.#peer(sync),
        )}
      </ul>
      ${more > 0 ? html`<span class="more small quiet">and ${plural(more, 'other')} with the same</span>` : nothing}`
  }

  #peer({ id, name, state, apart, sinceMs }: PeerSync) {
    return html`<li>
      <span class="dot" style=${styleMap({ '--dot': peerColour(id) })}></span>
      <span class="name">${name}</span>
      <span class="state small ${state === 'same' ? 'healthy' : state === 'apart' ? 'suspect' : 'quiet'}">
        ${
          state === 'same'
            ? 'the same'
            : state === 'silent'
              ? 'has not said yet'
              : html`not yet: ${apart.join(', ')}${sinceMs === undefined ? nothing : html`<span class="quiet">, for <time title="since ${absolute(sinceMs)}">${forTime(sinceMs, this.nowMs)}</time></span>`}`
        }
      </span>
    </li>`
  }
}
customElements.define('sync-list', SyncList)

function forTime(sinceMs: number, nowMs: number): string {
  return ago(sinceMs, nowMs).replace(/ ago$/, '').replace('now', 'a moment')
}
