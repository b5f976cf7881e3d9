/** Who is not here and may come back: agents that the room still knows, and how it was linked when that was kept last. */
import { css, html, LitElement, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { PeerId } from '../../base/ids.ts'
import type { AwayAgent, Topology } from '../../consensus/keeping/records.ts'
import type { MeshHandle } from '../../engine/handle.ts'
import { absolute, ago, plural } from '../format.ts'
import { foldStyles } from '../look/fold-styles.ts'
import { sharedStyles } from '../look/styles.ts'

export class AwayList extends LitElement {
  static override properties = {
    mesh: { attribute: false },
    away: { attribute: false },
    nowMs: { attribute: false },
    nameOf: { attribute: false },
    topology: { state: true },
    hasAsked: { state: true },
  }
  static override styles = [
    sharedStyles,
    foldStyles,
    css`
      ul {
        margin: 8px 0 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: flex;
        flex-wrap: wrap;
        gap: 0 12px;
        justify-content: space-between;
        padding: 6px 0;
        border-top: 1px solid var(--hairline);
      }
      li:first-child {
        border-top: 0;
      }
      time {
        margin-inline-start: auto;
      }
      .what {
        min-width: 0;
        overflow-wrap: anywhere;
      }
      p {
        margin: 8px 0 0;
      }
    `,
  ]
  declare mesh: MeshHandle | undefined
  declare away: readonly AwayAgent[]
  declare nowMs: number
  declare nameOf: (peer: PeerId) => string | undefined
  declare topology: Topology | undefined
  declare hasAsked: boolean

  constructor() {
    super()
    this.away = []
    this.nowMs = 0
    this.nameOf = () => undefined
    this.hasAsked = false
  }

  override render() {
    return html`${this.away.length > 0 ? this.#agents() : nothing}
      <details @toggle=${(event: Event) => (event.target as HTMLDetailsElement).open && this.#ask()}>
        <summary>How the room was linked last</summary>
        ${this.#links()}
      </details>`
  }

  #agents() {
    return html`<details>
      <summary>${plural(this.away.length, 'agent')} away</summary>
      <p class="small quiet">Their tabs are closed or cannot be reached. They come back as themselves; after a day they are forgotten.</p>
      <ul aria-label="Agents that are away">
        ${repeat(
          this.away,
          ({ id }) => id,
          agent => this.#agent(agent),
        )}
      </ul>
    </details>`
  }

  #agent({ id, peer, isPeer, name, type, capabilities, awaySinceMs }: AwayAgent) {
    const host = this.away.find(other => other.id === peer)?.name ?? this.nameOf(peer)
    const where = isPeer || !host ? '' : ` at ${host}`
    const can = capabilities.length > 0 ? `: ${capabilities.join(', ')}` : ''
    const since =
      awaySinceMs === undefined
        ? 'away'
        : html`<time title=${absolute(awaySinceMs)}>${ago(awaySinceMs, this.nowMs)}</time>`
    return html`<li data-id=${id}>
      <span class="what">${name} <span class="small quiet">${type}${where}${can}</span></span>
      <span class="small quiet">${since}</span>
    </li>`
  }

  #links() {
    const { topology } = this
    if (!topology)
      return html`<p class="small quiet">${this.hasAsked ? 'No links were kept yet.' : 'Asking the room.'}</p>`
    const names = new Map(topology.peers.map(({ id, name }) => [id, name]))
    const rows = topology.peers.map(({ id, name }) => {
      const others = topology.links.flatMap(({ between: [one, other] }) =>
        one === id ? [names.get(other)] : other === id ? [names.get(one)] : [],
      )
      return html`<li>
        <span class="what">${name}</span>
        <span class="small quiet what">${others.length > 0 ? `linked to ${others.join(', ')}` : 'without a link'}</span>
      </li>`
    })
    return html`<p class="small quiet">
        ${plural(topology.peers.length, 'peer')} and ${plural(topology.links.length, 'link')},
        <time title=${absolute(topology.atMs)}>${ago(topology.atMs, this.nowMs)}</time>
      </p>
      <ul aria-label="Links as they were kept">${rows}</ul>`
  }

  #ask(): void {
    this.mesh?.kept().then(
      ({ topology }) => {
        this.topology = topology
        this.hasAsked = true
      },
      () => {
        this.hasAsked = true
      },
    )
  }
}
customElements.define('away-list', AwayList)
