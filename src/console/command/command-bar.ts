/** The command bar, from the bottom over the console: every command of the registry, with completion, help and history. */
import { html, LitElement, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import '@awesome.me/webawesome/dist/components/button/button.js'
import '@awesome.me/webawesome/dist/components/drawer/drawer.js'
import { type Completion, commands, completionsOf, type Outcome, runLine } from '../../command/index.ts'
import { answersShownMax } from '../limits.ts'
import { icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { commandBarStyles } from './command-bar-styles.ts'
import { CommandHistory } from './command-history.ts'
import '../look/copy-text.ts'

interface Answer {
  readonly id: number
  readonly line: string
  /** Undefined while it runs. */
  readonly outcome: Outcome | undefined
}

const firstLines = ['help', 'consensus status', 'peers']

export class CommandBar extends LitElement {
  static override properties = {
    store: { attribute: false },
    open: { type: Boolean },
    line: { state: true },
    chosen: { state: true },
    answers: { state: true },
  }
  static override styles = [sharedStyles, commandBarStyles]
  declare store: ConsoleStore | undefined
  declare open: boolean
  declare line: string
  /** Which completion the arrow keys are at; -1 for none. */
  declare chosen: number
  declare answers: readonly Answer[]
  readonly #handle = new Watch(this, () => this.store?.handle)
  readonly #history = new CommandHistory(() => localStorage)
  #running: AbortController | undefined
  #asked = 0

  constructor() {
    super()
    this.line = ''
    this.chosen = -1
    this.answers = []
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#running?.abort()
  }

  override render() {
    const offered = this.#offered
    return html`<wa-drawer
      label="Commands"
      placement="bottom"
      without-header
      light-dismiss
      ?open=${this.open}
      @wa-after-hide=${this.#onHidden}
    >
      <div class="bar">
        ${this.answers.length > 0 ? this.#log() : this.#welcome()}
        ${offered.length > 0 ? this.#completions(offered) : nothing}
        <form @submit=${this.#onSubmit}>
          <span class="prompt">${icon('command')}</span>
          <input
            autofocus
            class="mono"
            type="text"
            role="combobox"
            aria-label="Command"
            aria-autocomplete="list"
            aria-controls="offered"
            aria-expanded=${offered.length > 0}
            aria-activedescendant=${this.chosen >= 0 ? `offered-${this.chosen}` : nothing}
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            enterkeyhint="go"
            placeholder="Type a command"
            .value=${this.line}
            @input=${this.#onInput}
            @keydown=${this.#onKey}
          />
          ${
            this.#running
              ? html`<wa-button size="s" appearance="outlined" @click=${() => this.#running?.abort()}>Stop</wa-button>`
              : nothing
          }
          <button type="button" class="plain close" aria-label="Close" @click=${this.#hide}>${icon('cross')}</button>
        </form>
      </div>
    </wa-drawer>`
  }

  override updated(changed: Map<string, unknown>): void {
    if (changed.has('open') && this.open) void this.#focus()
    if (!changed.has('answers')) return
    const log = this.renderRoot.querySelector('.log')
    // The beginning of an answer is what one reads first.
    log?.querySelector('li:last-child')?.scrollIntoView({ block: 'nearest' })
  }

  /** Only for a line that is being typed: a former one is run as it was. */
  get #offered(): readonly Completion[] {
    if (this.line === '' || this.#history.isWalking) return []
    return completionsOf(commands, this.line, this.#handle.value)
  }

  #welcome() {
    return html`<p class="welcome small quiet">
      Everything a command does here, code can do through <span class="mono">mesh</span>. Tab completes, the arrow keys bring back what was typed. Try
      ${firstLines.map(
        (line, at) =>
          html`${at > 0 ? ', ' : ' '}<button type="button" class="plain link mono" @click=${() => this.#run(line)}>${line}</button>`,
      )}
    </p>`
  }

  #log() {
    return html`<div class="log" role="log" aria-label="Answers" tabindex="0"><ol>
      ${repeat(
        this.answers,
        ({ id }) => id,
        ({ line, outcome }) => html`<li>
          <div class="said">
            <span class="mono">${line}</span>
            ${outcome ? html`<span class="small quiet"><copy-text .text=${`${line}\n${outcome.text}`} shown=""></copy-text></span>` : nothing}
          </div>
          ${this.#answer(outcome)}
        </li>`,
      )}
    </ol></div>`
  }

  #answer(outcome: Outcome | undefined) {
    if (!outcome) return html`<p class="small quiet">Asking…</p>`
    if (outcome.isDone)
      return isTable(outcome.text)
        ? html`<pre class="mono table" tabindex="0">${outcome.text}</pre>`
        : html`<pre class="mono">${outcome.text}</pre>`
    return html`<div class="refused failed">${icon('alert')}<pre class="mono">${outcome.text}</pre></div>`
  }

  #completions(offered: readonly Completion[]) {
    return html`<ul id="offered" role="listbox" aria-label="Completions">
      ${offered.map(
        ({ text, summary }, at) =>
          html`<li
            id="offered-${at}"
            role="option"
            aria-selected=${at === this.chosen}
            @pointerdown=${(event: Event) => event.preventDefault()}
            @click=${() => this.#take(at)}
          >
            <span class="mono">${text}</span><span class="small quiet">${summary}</span>
          </li>`,
      )}
    </ul>`
  }

  #onInput(event: Event): void {
    this.#history.stay()
    this.#type((event.target as HTMLInputElement).value)
  }

  #onKey(event: KeyboardEvent): void {
    if (event.isComposing) return
    const offered = this.#offered
    const isChoosing = offered.length > 0
    const { key } = event
    if (key === 'Tab' && !event.shiftKey && isChoosing) this.#take(Math.max(0, this.chosen))
    else if (key === 'Enter' && this.chosen >= 0) this.#take(this.chosen)
    else if (key === 'ArrowDown' && isChoosing) this.chosen = (this.chosen + 1) % offered.length
    else if (key === 'ArrowUp' && isChoosing && this.chosen >= 0) this.chosen--
    else if (key === 'ArrowUp') this.#type(this.#history.older(this.line))
    else if (key === 'ArrowDown') this.#type(this.#history.newer(this.line))
    else if (key === 'Escape' && this.chosen >= 0) {
      this.chosen = -1
      event.stopPropagation() // what was chosen is left, not the bar
    } else return
    event.preventDefault()
  }

  #onSubmit(event: Event): void {
    event.preventDefault()
    void this.#run(this.line)
  }

  #type(line: string): void {
    this.line = line
    this.chosen = -1
  }

  #take(place: number): void {
    const completion = this.#offered[place]
    if (!completion) return
    this.#type(`${this.line.slice(0, completion.at)}${completion.text} `)
    this.#input?.focus()
  }

  async #run(line: string): Promise<void> {
    if (line.trim() === '' || this.#running) return
    this.#history.add(line.trim())
    const id = ++this.#asked
    const running = new AbortController()
    this.#running = running
    this.#type('')
    this.answers = [...this.answers, { id, line, outcome: undefined }].slice(-answersShownMax)
    const outcome = await runLine(commands, this.#handle.value, line, { signal: running.signal })
    this.#running = undefined
    this.answers = this.answers.map(answer => (answer.id === id ? { ...answer, outcome } : answer))
    this.#input?.focus()
  }

  /** As soon as the drawer is there: it would wait for a frame, and what is typed meanwhile would be lost. */
  async #focus(): Promise<void> {
    await this.renderRoot.querySelector('wa-drawer')?.updateComplete
    this.#input?.focus()
  }

  get #input(): HTMLInputElement | null {
    return this.renderRoot.querySelector('input')
  }

  readonly #onHidden = (event: Event): void => {
    if (event.target !== event.currentTarget) return
    this.open = false
    this.dispatchEvent(new Event('close'))
  }

  #hide(): void {
    this.open = false
  }
}
customElements.define('command-bar', CommandBar)

/** Columns must not be broken into lines; sentences and JSON may. */
function isTable(text: string): boolean {
  return /\S {2,}\S/u.test(text)
}
