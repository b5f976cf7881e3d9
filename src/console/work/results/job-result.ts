/** What a job found: drawn by its shape, with its hash, and to be copied or downloaded whole. */
import { css, html, LitElement, nothing } from 'lit'
import '@awesome.me/webawesome/dist/components/button/button.js'
import { toMeshError } from '../../../base/errors.ts'
import type { Json } from '../../../base/json.ts'
import type { JobView } from '../../../work/types.ts'
import { bytes, count, shortHash } from '../../format.ts'
import { jsonShownCharsMax } from '../../limits.ts'
import { copied } from '../../look/copy-text.ts'
import { downloadJson } from '../../look/download.ts'
import { icon } from '../../look/icons.ts'
import { sharedStyles } from '../../look/styles.ts'
import type { ConsoleStore } from '../../store.ts'
import { resultShape, type WordsResult } from './shapes.ts'
import '../../look/copy-text.ts'
import './bar-table.ts'
import './hit-list.ts'

export class JobResult extends LitElement {
  static override properties = {
    store: { attribute: false },
    job: { attribute: false },
    whole: { state: true },
    isLoading: { state: true },
    note: { state: true },
  }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        gap: 16px;
      }
      .figures {
        display: flex;
        flex-wrap: wrap;
        gap: 8px 32px;
      }
      .figures strong {
        display: block;
        font-size: 1.5rem;
        font-weight: 600;
        line-height: 1.2;
        font-variant-numeric: tabular-nums;
      }
      pre {
        max-height: 320px;
        margin: 0;
        padding: 12px 16px;
        overflow: auto;
        border-radius: var(--radius);
        background: var(--paper-sunk);
        font: 0.8125rem / 1.5 var(--mono);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      footer {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 16px;
        min-height: 24px;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  declare job: JobView | undefined
  declare whole: Json | undefined
  declare isLoading: boolean
  declare note: string | undefined

  constructor() {
    super()
    this.isLoading = false
  }

  override render() {
    const { job } = this
    if (job?.state !== 'done') return nothing
    const result = this.whole ?? job.result
    return html`${result === undefined ? this.#load(job) : this.#drawn(job, result)}
      <footer class="small">
        <button class="plain link" @click=${() => this.#copy(job)}>${icon('copy')}Copy JSON</button>
        <button class="plain link" @click=${() => this.#download(job)}>${icon('download')}Download JSON</button>
        ${
          job.resultHash
            ? html`<span class="quiet">
                Same in every tab:
                <span class="mono"><copy-text .text=${job.resultHash} .shown=${shortHash(job.resultHash)}></copy-text></span>
              </span>`
            : nothing
        }
        <span role="status">${this.note}</span>
      </footer>`
  }

  #drawn(job: JobView, result: Json) {
    const shape = resultShape(job.program, result)
    if (shape.kind === 'words') return words(shape.words)
    if (shape.kind === 'hits')
      return html`<hit-list .result=${shape.hits} .pattern=${shape.pattern} .flags=${shape.flags}></hit-list>`
    return html`${shape.kind === 'numbers' ? html`<bar-table .bars=${shape.bars}></bar-table>` : nothing}
      <details ?open=${shape.kind === 'json'}>
        <summary class="small quiet">JSON</summary>
        <pre tabindex="0" aria-label="Result as JSON">${cut(JSON.stringify(result, null, 2))}</pre>
      </details>`
  }

  #load(job: JobView) {
    return html`<div>
      <wa-button size="s" appearance="outlined" ?loading=${this.isLoading} @click=${() => this.#fetch(job)}>
        Show the result${job.resultBytes ? ` (${bytes(job.resultBytes)})` : ''}
      </wa-button>
    </div>`
  }

  async #fetch(job: JobView): Promise<Json | undefined> {
    const known = this.whole ?? job.result
    if (known !== undefined) return known
    this.isLoading = true
    this.note = undefined
    try {
      this.whole = await this.store?.handle.value?.jobResult(job.id)
      return this.whole
    } catch (thrown) {
      this.note = `The result cannot be had now: ${toMeshError(thrown, 'unreachable').message}`
      return undefined
    } finally {
      this.isLoading = false
    }
  }

  async #copy(job: JobView): Promise<void> {
    const result = await this.#fetch(job)
    if (result === undefined) return
    this.note = (await copied(JSON.stringify(result, null, 2))) ? 'Copied.' : 'The browser did not allow copying.'
  }

  async #download(job: JobView): Promise<void> {
    const result = await this.#fetch(job)
    if (result !== undefined) downloadJson(`${job.title}.json`, result)
  }
}
customElements.define('job-result', JobResult)

function words({ words, distinct, top }: WordsResult) {
  const bars = top.map(({ word, count }) => ({ label: word, value: count }))
  return html`<div class="figures">
      <span><strong>${count(words)}</strong> <span class="quiet">words in all</span></span>
      <span><strong>${count(distinct)}</strong> <span class="quiet">different words</span></span>
    </div>
    <bar-table .bars=${bars} labelTitle="Word" valueTitle="Times"></bar-table>`
}

function cut(text: string): string {
  return text.length <= jsonShownCharsMax ? text : `${text.slice(0, jsonShownCharsMax)}\n… (download it for the rest)`
}
