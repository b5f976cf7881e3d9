/** The top of the panel: who leads, in which term, whether decisions go on, and why. */
import { css, html, LitElement, nothing } from 'lit'
import '@awesome.me/webawesome/dist/components/button/button.js'
import type { DecisionsView } from '../../consensus/decisions/types.ts'
import { count, duration, plural } from '../format.ts'
import { icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { Attempt } from './attempt.ts'
import { capitalised, leaderName, namesOf } from './names.ts'
import { quorumGauge } from './quorum-gauge.ts'
import { sectionStyles } from './section-styles.ts'
import { ifClosed, sentenceOf } from './sentence.ts'
import { stateWords } from './words.ts'

export class DecisionsNow extends LitElement {
  static override properties = { store: { attribute: false } }
  static override styles = [
    sharedStyles,
    sectionStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 12px;
        border-top: 0;
      }
      .head {
        display: grid;
        gap: 2px;
      }
      .line {
        display: flex;
        flex-wrap: wrap;
        gap: 0 16px;
      }
      h2 {
        display: flex;
        align-items: center;
        gap: 8px;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      h2 .icon {
        width: 20px;
        height: 20px;
        color: var(--suspect);
      }
      .nobody .icon {
        color: var(--ink-quiet);
      }
      .state {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        font-weight: 500;
      }
      .sentence {
        font-size: 0.9375rem;
        line-height: 1.55;
      }
      .quorum {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0 24px;
      }
      .gauge {
        max-width: 100%;
        overflow: visible;
      }
      .gauge circle {
        fill: var(--peer);
      }
      .gauge .away circle {
        fill: none;
        stroke: var(--ink-quiet);
        stroke-width: 1.5;
        stroke-dasharray: 3 3;
      }
      .gauge .cross,
      .gauge .bracket {
        fill: none;
        stroke: var(--ink-quiet);
        stroke-width: 1.5;
      }
      .gauge .crown {
        fill: var(--suspect);
        stroke: var(--suspect);
        stroke-width: 1.5;
        stroke-linejoin: round;
      }
      .gauge text {
        fill: var(--ink-quiet);
        font: 400 var(--text-small) var(--sans);
      }
      .gauge .short .bracket {
        stroke: var(--failed);
      }
      .gauge .short text {
        fill: var(--failed);
      }
      .gauge .enough .bracket {
        stroke: var(--healthy);
      }
      .facts {
        display: grid;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  readonly #view = new Watch(this, () => this.store?.decisions)
  readonly #before = new Watch(this, () => this.store?.leaderBefore)
  readonly #peers = new Watch(this, () => this.store?.peers)
  readonly #now = new Watch(this, () => this.store?.nowMs)
  readonly #attempt = new Attempt(this)

  override render() {
    const { store } = this
    const view = this.#view.value
    if (!store || !view || !this.#peers.value) return nothing
    const names = namesOf(store)
    const state = stateWords(view.state)
    const leader = view.leader && capitalised(leaderName(view.leader, view.members, names))
    const host = view.leader?.host
    return html`<div class="head">
        <h2 class=${leader ? '' : 'nobody'}>${icon('crown')}${leader ? `${leader} leads` : 'Nobody leads'}</h2>
        <p class="line">
          <span class="state ${state.tone}">${icon(state.shape)}${state.word}</span>
          ${
            view.term > 0
              ? html`<span class="quiet" title="Terms count the elections: who leads a later term is obeyed">term <span class="mono">${count(view.term)}</span></span>`
              : nothing
          }
        </p>
        <span class="unseen" role="status">${leader ? `${leader} leads term ${view.term}` : 'Nobody leads'}, ${state.word}</span>
      </div>
      <p class="sentence">${sentenceOf(view, this.#now.value ?? 0, names, this.#before.value)}</p>
      ${host && view.state === 'ready' ? html`<p class="quiet">${ifClosed(view, host, names)}</p>` : nothing}
      ${view.quorum.voters > 0 ? this.#quorum(view) : nothing}`
  }

  #quorum(view: DecisionsView) {
    const { quorum, pace } = view
    const names = this.store && namesOf(this.store)
    const isReady = view.state === 'ready'
    return html`<div class="quorum">
        ${names ? quorumGauge(view, names) : nothing}
        <p class="facts small">
          <span>${quorum.sentence}</span>
          <span class="quiet">${quorum.live} of ${quorum.voters} reachable${pace >= 1.5 ? `; clocks slowed ${pace.toFixed(1)} times: all is quiet, or the network is slow` : ''}</span>
        </p>
      </div>
      ${
        isReady
          ? html`<div class="actions">
              <wa-button size="s" appearance="outlined" ?loading=${this.#attempt.isRunning} @click=${() => this.#verify()}>Check the quorum</wa-button>
              ${this.#isLeading(view) && quorum.voters > 1 ? html`<wa-button size="s" appearance="outlined" @click=${() => this.#stepDown()}>Hand over</wa-button>` : nothing}
            </div>`
          : nothing
      }
      ${this.#attempt.line()}`
  }

  #isLeading({ leader, members }: DecisionsView): boolean {
    return members.some(({ member, isHostedHere }) => isHostedHere && member === leader?.member)
  }

  #verify(): void {
    const startMs = performance.now()
    this.#attempt.with(this.store?.handle.value, async ({ decisions }) => {
      const { needs, voters, leader, index } = await decisions.verifyQuorum()
      const took = duration(performance.now() - startMs)
      return `At least ${needs} of ${plural(voters, 'voter')} confirmed in ${took}: the leader of term ${leader.term} still leads, up to entry ${count(index)}.`
    })
  }

  #stepDown(): void {
    this.#attempt.with(this.store?.handle.value, async ({ decisions }) => {
      await decisions.stepDown()
      return 'Handed over: the best voter elsewhere takes the lead.'
    })
  }
}
customElements.define('decisions-now', DecisionsNow)
