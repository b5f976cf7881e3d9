/** How one link stands: asked for every two seconds while it is looked at. Rows of the peer card's list. */
import { css, html, LitElement, nothing } from 'lit'
import type { PeerId } from '../../base/ids.ts'
import type { LinkFacts } from '../../mesh/types.ts'
import { bytes, count, plural, roundTrip } from '../format.ts'
import { factsStyles } from '../look/facts-styles.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { pathWords } from './link-care.ts'

const everyMs = 2_000

export class LinkFactsRows extends LitElement {
  static override properties = { store: { attribute: false }, peer: {}, facts: { state: true } }
  static override styles = [
    sharedStyles,
    factsStyles,
    css`
      :host {
        display: contents;
      }
      dl {
        grid-template-columns: 84px minmax(0, 1fr);
        margin-bottom: 16px;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  declare peer: PeerId | undefined
  declare facts: LinkFacts | undefined
  readonly #now = new Watch(this, () => this.store?.nowMs)
  #asked: { peer: PeerId; atMs: number } | undefined

  override willUpdate(): void {
    const { peer } = this
    const nowMs = this.#now.value ?? 0
    if (!peer || (this.#asked?.peer === peer && nowMs - this.#asked.atMs < everyMs)) return
    if (this.#asked?.peer !== peer) this.facts = undefined
    this.#asked = { peer, atMs: nowMs }
    void this.#read(peer)
  }

  override render() {
    const { facts } = this
    if (!facts) return nothing
    const path = pathWords(facts)
    return html`<dl class="small">
      ${path ? html`<dt>Path</dt><dd title=${path.title}>${path.text}</dd>` : nothing}
      ${facts.ice ? html`<dt>ICE</dt><dd>${facts.ice.state}, <span class="mono">${roundTrip(facts.ice.rttMs)}</span>${facts.restarts > 0 ? `, restarted ${plural(facts.restarts, 'time')}` : ''}</dd>` : nothing}
      <dt>Messages</dt>
      <dd class="mono">${count(facts.sentMessages)} sent, ${count(facts.receivedMessages)} received</dd>
      <dt>Buffered</dt>
      <dd class="mono">${facts.bufferedBytes === 0 ? 'nothing' : `${bytes(facts.bufferedBytes)} wait to leave`}</dd>
    </dl>`
  }

  async #read(peer: PeerId): Promise<void> {
    const care = this.store?.handle.value
    // A link that has just gone has no facts; the card says so itself.
    const facts = await care?.linkFacts(peer).catch(() => undefined)
    if (this.peer === peer) this.facts = facts
  }
}
customElements.define('link-facts', LinkFactsRows)
