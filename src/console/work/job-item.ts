/** One job, from its start to its result: what it is, who does it, how it ended, and what can be done about it. */
import { css, html, LitElement, nothing } from 'lit'
import '@awesome.me/webawesome/dist/components/button/button.js'
import { toMeshError } from '../../base/errors.ts'
import type { JobView } from '../../work/types.ts'
import { absolute, ago } from '../format.ts'
import { icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { closingAdvice, factsOf, isActive, stateWords } from './job-words.ts'
import '../look/confirm-button.ts'
import './job-progress.ts'
import './results/job-result.ts'

export class JobItem extends LitElement {
  static override properties = {
    store: { attribute: false },
    job: { attribute: false },
    isOpen: { type: Boolean },
    failure: { state: true },
    isRetrying: { state: true },
  }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: block;
        padding: 16px 0;
        border-top: 1px solid var(--hairline);
      }
      .head {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 4px 16px;
        align-items: start;
      }
      h3 {
        overflow-wrap: anywhere;
      }
      h3 button.plain {
        align-items: start;
        font-weight: 600;
      }
      h3 .icon {
        margin-top: 2px;
        color: var(--ink-quiet);
        transition: transform var(--quick);
      }
      h3 [aria-expanded='false'] .icon {
        transform: rotate(-90deg);
      }
      .state {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        font-weight: 500;
      }
      .facts {
        font-variant-numeric: tabular-nums;
        display: flex;
        flex-wrap: wrap;
        gap: 0 12px;
        padding-inline-start: 22px;
      }
      .body {
        display: grid;
        gap: 16px;
        padding: 12px 0 8px 22px;
      }
      .line {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 8px 16px;
        min-height: 32px;
      }
      .advice {
        display: flex;
        align-items: center;
        gap: 8px;
      }
      .reason {
        overflow-wrap: anywhere;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  declare job: JobView | undefined
  declare isOpen: boolean
  declare failure: string | undefined
  declare isRetrying: boolean
  readonly #now = new Watch(this, () => this.store?.nowMs)

  constructor() {
    super()
    this.isOpen = false
    this.isRetrying = false
  }

  override render() {
    const { job } = this
    if (!job) return nothing
    const state = stateWords(job.state)
    const nowMs = this.#now.value ?? 0
    return html`<article aria-label=${job.title}>
      <div class="head">
        <h3>
          <button class="plain" aria-expanded=${this.isOpen} @click=${() => this.dispatchEvent(new Event('toggle'))}>
            ${icon('down')}${job.title}
          </button>
        </h3>
        <span class="state ${state.tone}" role="status">${icon(state.shape)}${state.word}</span>
      </div>
      <p class="facts small quiet">
        ${factsOf(job, nowMs).map(fact => html`<span>${fact}</span>`)}
        <time title=${absolute(job.submittedAtMs)}>${ago(job.submittedAtMs, nowMs)}</time>
      </p>
      ${this.isOpen ? this.#body(job) : nothing}
    </article>`
  }

  #body(job: JobView) {
    const advice = closingAdvice(job)
    return html`<div class="body">
      ${job.shards > 0 ? html`<job-progress .job=${job}></job-progress>` : nothing}
      ${
        isActive(job.state)
          ? html`<div class="line">
              <span class="advice small ${advice?.isSafe ? 'healthy' : 'suspect'}">
                ${icon(advice?.isSafe ? 'check' : 'alert')}${advice?.words}
              </span>
              <confirm-button
                label="Cancel"
                question="Cancel this job for all tabs?"
                yes="Cancel job"
                @confirm=${() => this.#do(() => this.store?.handle.value?.cancelJob(job.id))}
              ></confirm-button>
            </div>`
          : nothing
      }
      ${job.state === 'failed' ? this.#failed(job) : nothing}
      ${job.state === 'done' ? html`<job-result .store=${this.store} .job=${job}></job-result>` : nothing}
      ${this.failure ? html`<p class="small failed" role="alert">${this.failure}</p>` : nothing}
    </div>`
  }

  #failed(job: JobView) {
    return html`<div class="line">
      <p class="reason">
        ${job.error?.message ?? 'It failed without a reason.'} <span class="small quiet mono">${job.error?.code}</span>
      </p>
      <wa-button size="s" appearance="outlined" ?loading=${this.isRetrying} @click=${() => this.#retry(job)}>
        Try the failed parts again
      </wa-button>
    </div>`
  }

  async #retry(job: JobView): Promise<void> {
    this.isRetrying = true
    await this.#do(() => this.store?.handle.value?.retryJob(job.id))
    this.isRetrying = false
  }

  async #do(action: () => Promise<void> | undefined): Promise<void> {
    this.failure = undefined
    try {
      await action()
    } catch (thrown) {
      this.failure = toMeshError(thrown, 'unreachable').message
    }
  }
}
customElements.define('job-item', JobItem)
