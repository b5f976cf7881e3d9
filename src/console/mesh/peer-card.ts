/** All that is known of one peer, and what can be done with it. */
import { css, html, LitElement, nothing } from 'lit'
import '@awesome.me/webawesome/dist/components/button/button.js'
import { toMeshError } from '../../base/errors.ts'
import type { PeerInfo } from '../../mesh/types.ts'
import { absolute, ago, bytes, roundTrip, shortId } from '../format.ts'
import { factsStyles } from '../look/facts-styles.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { linkWord } from './link-word.ts'
import './link-facts.ts'
import '../look/copy-text.ts'

type Ping = { readonly state: 'running' } | { readonly state: 'done' | 'failed'; readonly text: string }

export class PeerCard extends LitElement {
  static override properties = { store: { attribute: false }, peer: { attribute: false }, ping: { state: true } }
  static override styles = [
    sharedStyles,
    factsStyles,
    css`
      :host {
        display: block;
        padding: 4px 24px 16px 48px;
      }
      dl {
        grid-template-columns: 84px minmax(0, 1fr);
        margin-bottom: 16px;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 12px;
        min-height: 32px;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  declare peer: PeerInfo | undefined
  declare ping: Ping | undefined
  readonly #links = new Watch(this, () => this.store?.links)
  readonly #faults = new Watch(this, () => this.store?.faults)
  readonly #rates = new Watch(this, () => this.store?.rates)
  readonly #now = new Watch(this, () => this.store?.nowMs)

  override render() {
    const peer = this.peer
    if (!peer) return nothing
    const nowMs = this.#now.value ?? 0
    const link = this.#links.value?.find(({ peer: id }) => id === peer.id)
    const rate = this.#rates.value?.get(peer.id)
    return html`<dl class="small">
        <dt>Id</dt>
        <dd class="mono"><copy-text .text=${peer.id} .shown=${shortId(peer.id)}></copy-text></dd>
        <dt>Device</dt>
        <dd>${peer.device}</dd>
        <dt>Link</dt>
        <dd>
          ${linkWord(peer.link)}${
            link
              ? html`, opened <time title=${absolute(link.openedAtMs)}>${ago(link.openedAtMs, nowMs)}</time>`
              : ', through other peers'
          }
        </dd>
        <dt>Round trip</dt>
        <dd class="mono">${roundTrip(peer.rttMs)}</dd>
        ${
          link
            ? html`<dt>Traffic</dt>
              <dd class="mono">
                ${bytes(link.sentBytes)} sent, ${bytes(link.receivedBytes)} received${rate ? `, ${bytes(Math.round(rate))}/s` : ''}
              </dd>`
            : nothing
        }
        <dt>Load</dt>
        <dd class="mono">${peer.load.busy} of ${peer.load.slots} slots</dd>
        <dt>Can do</dt>
        <dd>${peer.capabilities.length > 0 ? peer.capabilities.join(', ') : 'nothing announced'}</dd>
        <dt>Joined</dt>
        <dd><time title=${absolute(peer.joinedAtMs)}>${ago(peer.joinedAtMs, nowMs)}</time></dd>
      </dl>
      ${link && this.store?.handle.value ? html`<link-facts .store=${this.store} .peer=${peer.id}></link-facts>` : nothing}
      <div class="actions">
        <wa-button size="s" appearance="outlined" ?loading=${this.ping?.state === 'running'} @click=${() => this.#ping()}>
          Ping
        </wa-button>
        ${this.#cutButton(peer)}
        <span class="small mono ${this.ping?.state === 'failed' ? 'failed' : ''}" role="status">
          ${this.ping && this.ping.state !== 'running' ? this.ping.text : ''}
        </span>
      </div>`
  }

  /** One fault that people ask for most; the others are in the Faults panel. */
  #cutButton({ id }: PeerInfo) {
    const cut = this.#faults.value?.find(
      ({ command, scope }) =>
        scope === 'own' &&
        command.kind === 'cut' &&
        command.peers !== 'all' &&
        command.peers.length === 1 &&
        command.peers[0] === id,
    )
    return html`<wa-button size="s" appearance="outlined" @click=${() => this.#setCut(id, cut?.id)}>${cut ? 'Heal link' : 'Cut link'}</wa-button>`
  }

  async #setCut(peer: PeerInfo['id'], cut: string | undefined): Promise<void> {
    const faults = this.store?.handle.value?.faults
    try {
      await (cut ? faults?.heal(cut) : faults?.cut(peer))
      this.ping = undefined
    } catch (thrown) {
      this.ping = { state: 'failed', text: toMeshError(thrown, 'invalid-option').message }
    }
  }

  override willUpdate(changed: Map<string, unknown>): void {
    const before = changed.get('peer') as PeerInfo | undefined
    if (before && before.id !== this.peer?.id) this.ping = undefined
  }

  async #ping(): Promise<void> {
    const { peer } = this
    const handle = this.store?.handle.value
    if (!peer || !handle || this.ping?.state === 'running') return
    this.ping = { state: 'running' }
    try {
      const { rttMs } = await handle.ping(peer.id)
      this.ping = { state: 'done', text: `answered in ${roundTrip(rttMs)}` }
    } catch (thrown) {
      this.ping = { state: 'failed', text: `no answer: ${toMeshError(thrown, 'unreachable').message}` }
    }
  }
}
customElements.define('mesh-peer-card', PeerCard)
