/** Every agent of the room, what it is and what it can do; and the form that registers another at this tab. */
import { css, html, LitElement, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { styleMap } from 'lit/directives/style-map.js'
import '@awesome.me/webawesome/dist/components/button/button.js'
import { toMeshError } from '../../base/errors.ts'
import type { AgentInfo } from '../../mesh/types.ts'
import { peerColour } from '../colour.ts'
import { plural } from '../format.ts'
import { fieldStyles } from '../look/field-styles.ts'
import { foldStyles } from '../look/fold-styles.ts'
import { panelStyles } from '../look/panel-styles.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import './away-list.ts'

export class AgentsPanel extends LitElement {
  static override properties = {
    store: { attribute: false },
    wanted: { state: true },
    failure: { state: true },
    isBusy: { state: true },
  }
  static override styles = [
    sharedStyles,
    panelStyles,
    fieldStyles,
    foldStyles,
    css`
      section {
        max-width: 640px;
      }
      .filter {
        font-size: var(--text-small);
      }
      ul {
        margin: 12px 0 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: grid;
        grid-template-columns: 12px minmax(0, 1fr) auto;
        gap: 2px 10px;
        align-items: baseline;
        padding: 8px 0;
        border-top: 1px solid var(--hairline);
        content-visibility: auto;
        contain-intrinsic-size: auto 64px;
      }
      .guest {
        padding-inline-start: 22px;
      }
      .name {
        font-weight: 500;
        overflow-wrap: anywhere;
      }
      .facts,
      .can {
        grid-column: 2 / -1;
        overflow-wrap: anywhere;
      }
      .can b {
        color: var(--accent);
        font-weight: 600;
      }
      form {
        display: grid;
        grid-template-columns: repeat(2, minmax(0, 1fr));
        gap: 12px;
        margin-top: 12px;
      }
      form label {
        min-width: 0;
        font-size: var(--text-small);
      }
      .whole {
        grid-column: 1 / -1;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  /** The capability that is looked for; empty: all. */
  declare wanted: string
  declare failure: string | undefined
  declare isBusy: boolean
  readonly #agents = new Watch(this, () => this.store?.agents)
  readonly #self = new Watch(this, () => this.store?.self)
  readonly #away = new Watch(this, () => this.store?.away)
  readonly #now = new Watch(this, () => this.store?.nowMs)

  constructor() {
    super()
    this.wanted = ''
    this.isBusy = false
  }

  override render() {
    const agents = this.#agents.value ?? []
    const shown = this.wanted === '' ? agents : (this.store?.handle.value?.agents.findByCapability(this.wanted) ?? [])
    const known = [...new Set(agents.flatMap(({ capabilities }) => capabilities))].sort()
    return html`<section>
      <label class="filter">
        Who can
        <select class="field" @change=${(event: Event) => this.#want((event.target as HTMLSelectElement).value)}>
          <option value="" ?selected=${this.wanted === ''}>anything: all ${plural(agents.length, 'agent')}</option>
          ${known.map(capability => html`<option value=${capability} ?selected=${this.wanted === capability}>${capability}</option>`)}
        </select>
      </label>
      <ul aria-label="Agents">
        ${repeat(
          shown,
          ({ id }) => id,
          agent => this.#agent(agent),
        )}
      </ul>
      ${shown.length === 0 ? html`<p class="quiet small">${this.wanted ? `Nobody here can do ${this.wanted} any more.` : 'No agents yet.'}</p>` : nothing}
      ${this.#form()}
      <away-list
        .mesh=${this.store?.handle.value}
        .away=${this.#away.value ?? []}
        .nowMs=${this.#now.value ?? 0}
        .nameOf=${this.#nameOf}
      ></away-list>
    </section>`
  }

  #agent(agent: AgentInfo) {
    const { id, peer, isPeer, name, type, region, state, capabilities } = agent
    const self = this.#self.value?.id
    const isOwn = peer === self
    const where = isPeer ? (isOwn ? 'this tab' : '') : `at ${this.store?.nameOf(peer) ?? 'a peer'}`
    const facts = [type, region, where].filter(Boolean).join(' · ')
    return html`<li class=${isPeer ? 'peer' : 'guest'}>
      <span class="dot" style=${styleMap({ '--dot': peerColour(peer) })}></span>
      <span class="name">${name}</span>
      <span class="small ${state === 'suspect' ? 'suspect' : 'quiet'}">${state}</span>
      <span class="facts small quiet">${facts}</span>
      <span class="can small">
        ${capabilities.length === 0 ? html`<span class="quiet">no capabilities</span>` : capabilities.map((capability, at) => html`${at > 0 ? ', ' : ''}${capability === this.wanted ? html`<b>${capability}</b>` : capability}`)}
      </span>
      ${
        isOwn && !isPeer
          ? html`<button class="plain link small facts" aria-label="Deregister ${name}" @click=${() => this.#deregister(id)}>Deregister</button>`
          : nothing
      }
    </li>`
  }

  #form() {
    const field = (name: string, label: string, hint: string, isWhole = false) =>
      html`<label class=${isWhole ? 'whole' : ''}>
        ${label}
        <input class="field" name=${name} autocomplete="off" spellcheck="false" placeholder=${hint} />
      </label>`
    return html`<details>
      <summary>Register an agent at this tab</summary>
      <form @submit=${(event: SubmitEvent) => this.#register(event)}>
        ${field('name', 'Name', 'Vera')} ${field('type', 'Type', 'worker')} ${field('region', 'Region', 'eu-central')}
        ${field('capabilities', 'Can do, with commas between', 'vote, recompute', true)}
        <wa-button class="whole" type="submit" size="s" variant="brand" appearance="outlined" ?loading=${this.isBusy}>Register</wa-button>
      </form>
      <p class="small failed" role="status">${this.failure ?? nothing}</p>
    </details>`
  }

  readonly #nameOf = (peer: AgentInfo['peer']) => this.store?.nameOf(peer)

  #want(capability: string): void {
    this.wanted = capability
  }

  async #register(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const form = event.target as HTMLFormElement
    const text = (name: string) => String(new FormData(form).get(name) ?? '').trim()
    const given = (name: string) => (text(name) === '' ? {} : { [name]: text(name) })
    const capabilities = text('capabilities')
      .split(',')
      .map(part => part.trim())
      .filter(Boolean)
    await this.#attempt(async () => {
      await this.store?.handle.value?.agents.register({
        ...given('name'),
        ...given('type'),
        ...given('region'),
        capabilities,
      })
      form.reset()
    })
  }

  #deregister(id: string): Promise<void> {
    return this.#attempt(async () => this.store?.handle.value?.agents.deregister(id))
  }

  async #attempt(act: () => Promise<void>): Promise<void> {
    this.isBusy = true
    this.failure = undefined
    try {
      await act()
    } catch (thrown) {
      this.failure = toMeshError(thrown, 'invalid-option').message
    } finally {
      this.isBusy = false
    }
  }
}
customElements.define('agents-panel', AgentsPanel)
