/** Starts jobs: what to do, on which texts, and one button. */
import { css, html, LitElement, nothing } from 'lit'
import '@awesome.me/webawesome/dist/components/button/button.js'
import '@awesome.me/webawesome/dist/components/radio-group/radio-group.js'
import '@awesome.me/webawesome/dist/components/radio/radio.js'
import { toMeshError } from '../../base/errors.ts'
import { plural } from '../format.ts'
import { fieldStyles } from '../look/field-styles.ts'
import { icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { filesName } from './chosen-files.ts'
import { exampleForm, type FormState, formProblem, type Kind, patternProblem, programOf, titleOf } from './programs.ts'
import './file-drop.ts'

export class JobForm extends LitElement {
  static override properties = {
    store: { attribute: false },
    form: { state: true },
    files: { state: true },
    isStarting: { state: true },
    failure: { state: true },
  }
  static override styles = [
    sharedStyles,
    fieldStyles,
    css`
      :host {
        display: grid;
        gap: 16px;
      }
      .kinds::part(form-control-label) {
        position: absolute;
        overflow: hidden;
        width: 1px;
        height: 1px;
        clip-path: inset(50%);
      }
      .kinds::part(form-control-input) {
        flex-wrap: nowrap;
      }
      .functions {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 16px;
      }
      .find {
        display: grid;
        gap: 4px;
      }
      .check {
        display: inline-flex;
        align-items: center;
        gap: 8px;
      }
      .hint {
        min-height: 1.5em;
      }
      .start {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 16px;
      }
      .label {
        display: inline-flex;
        align-items: center;
        gap: 6px;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  declare form: FormState
  declare files: readonly File[]
  declare isStarting: boolean
  declare failure: string | undefined
  readonly #peers = new Watch(this, () => this.store?.peers)
  readonly #handle = new Watch(this, () => this.store?.handle)

  constructor() {
    super()
    this.form = exampleForm
    this.files = []
    this.isStarting = false
  }

  override render() {
    const { kind } = this.form
    const tabs = (this.#peers.value?.length ?? 0) + 1
    const who = tabs === 1 ? 'This tab does all of it.' : `Shared by the ${plural(tabs, 'tab')} in this room.`
    const isReady = this.#handle.value !== undefined && formProblem(this.form) === undefined
    return html`<wa-radio-group
        class="kinds"
        label="What to do"
        orientation="horizontal"
        size="s"
        .value=${kind}
        @change=${(event: Event) => this.#change({ kind: (event.target as HTMLInputElement).value as Kind })}
      >
        <wa-radio appearance="button" value="count-words">Count words</wa-radio>
        <wa-radio appearance="button" value="find">Find</wa-radio>
        <wa-radio appearance="button" value="own">Your own function</wa-radio>
      </wa-radio-group>
      ${kind === 'find' ? this.#find() : kind === 'own' ? this.#own() : nothing}
      <file-drop
        .files=${this.files}
        @change=${(event: Event) => {
          this.files = (event.target as HTMLElement & { files: readonly File[] }).files
        }}
      ></file-drop>
      <div class="start">
        <wa-button variant="brand" ?disabled=${!isReady} ?loading=${this.isStarting} @click=${() => this.#start()}>
          <span class="label">${icon('play')}${this.files.length > 0 ? `Run on ${filesName(this.files)}` : 'Run sample job'}</span>
        </wa-button>
        <span class="small quiet">${this.#handle.value ? who : 'Waiting until this tab is in the room.'}</span>
      </div>
      <div role="alert">${this.failure ? html`<p class="small failed">${this.failure}</p>` : nothing}</div>`
  }

  #find() {
    const { pattern, ignoresCase } = this.form
    const problem = patternProblem(pattern)
    return html`<div class="find">
      <label for="pattern">Regular expression</label>
      <input
        id="pattern"
        class="field mono"
        spellcheck="false"
        autocomplete="off"
        autocapitalize="off"
        aria-describedby="pattern-hint"
        aria-invalid=${problem !== undefined}
        .value=${pattern}
        @input=${(event: Event) => this.#change({ pattern: (event.target as HTMLInputElement).value })}
        @keydown=${(event: KeyboardEvent) => event.key === 'Enter' && !problem && this.#start()}
      />
      <p id="pattern-hint" class="hint small ${problem ? 'failed' : 'quiet'}">${problem ?? 'Looks through every line, and lists those that match.'}</p>
      <label class="check">
        <input
          type="checkbox"
          .checked=${ignoresCase}
          @change=${(event: Event) => this.#change({ ignoresCase: (event.target as HTMLInputElement).checked })}
        />
        Ignore upper and lower case
      </label>
    </div>`
  }

  #own() {
    const box = (name: 'map' | 'reduce', label: string) =>
      html`<div>
        <label for=${name}>${label}</label>
        <textarea
          id=${name}
          class="field mono"
          rows=${name === 'map' ? 7 : 8}
          spellcheck="false"
          autocomplete="off"
          autocapitalize="off"
          .value=${this.form[name]}
          @input=${(event: Event) => this.#change({ [name]: (event.target as HTMLTextAreaElement).value })}
        ></textarea>
      </div>`
    return html`<div class="functions">${box('map', 'Map: one piece of text to a partial result')} ${box('reduce', 'Reduce: all partial results to the result')}</div>
      <p class="small quiet">
        ${formProblem(this.form) ?? 'It runs in a sandbox on each tab: no network, no storage, no page. What it returns must be plain JSON.'}
      </p>`
  }

  #change(change: Partial<FormState>): void {
    this.form = { ...this.form, ...change }
    this.failure = undefined
  }

  async #start(): Promise<void> {
    const handle = this.#handle.value
    if (!handle || this.isStarting || formProblem(this.form)) return
    this.isStarting = true
    this.failure = undefined
    try {
      const inputs = this.files.length > 0 ? this.files : 'sample'
      const title = titleOf(this.form, inputs === 'sample' ? 'the sample texts' : filesName(this.files))
      await handle.startJob({ title, program: programOf(this.form), inputs })
    } catch (thrown) {
      this.failure = `The job did not start. ${toMeshError(thrown, 'malformed').message}`
    } finally {
      this.isStarting = false
    }
  }
}
customElements.define('job-form', JobForm)
