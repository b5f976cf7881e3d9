/** Sets, swaps and deletes one key. Says before it asks what cannot be right, and afterwards whether it happened. */
import { css, html, LitElement, nothing } from 'lit'
import '@awesome.me/webawesome/dist/components/button/button.js'
import type { Json } from '../../base/json.ts'
import { fieldStyles } from '../look/field-styles.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Attempt } from './attempt.ts'
import { keyProblem, parseValue, quoted, toldFailure, toldSet, toldSwap } from './edit.ts'
import type { RegisterBook } from './register-book.ts'
import { sectionStyles } from './section-styles.ts'
import '../look/confirm-button.ts'

type Field = 'key' | 'value' | 'expected'

export class RegisterEditor extends LitElement {
  static override properties = {
    store: { attribute: false },
    book: { attribute: false },
    isReadOnly: { type: Boolean },
    typed: { state: true },
    isSwap: { state: true },
    isChecked: { state: true },
  }
  static override styles = [
    sharedStyles,
    sectionStyles,
    fieldStyles,
    css`
      :host {
        padding: 0;
        border: 0;
      }
      form {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 10px;
      }
      .pair {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(200px, 100%), 1fr));
        gap: 10px 12px;
        align-items: start;
      }
      label {
        font-size: var(--text-small);
      }
      .check {
        display: inline-flex;
        align-items: center;
        gap: 8px;
        font-weight: 400;
      }
      .hint {
        margin-top: 2px;
      }
      .field:disabled {
        color: var(--ink-quiet);
        background: var(--paper-sunk);
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  /** The register as it is known here, to begin an edit with. */
  declare book: RegisterBook | undefined
  declare isReadOnly: boolean
  declare typed: Readonly<Record<Field, string>>
  declare isSwap: boolean
  /** What is missing is told only after somebody tried. */
  declare isChecked: boolean
  readonly #attempt = new Attempt(this)

  constructor() {
    super()
    this.isReadOnly = false
    this.typed = { key: '', value: '', expected: '' }
    this.isSwap = false
    this.isChecked = false
  }

  /** Begins with what a key holds. */
  edit(key: string): void {
    const value = this.book?.get(key)?.value
    const text = value === undefined ? '' : JSON.stringify(value)
    this.typed = { key, value: text, expected: text }
    this.isChecked = false
    this.#attempt.tell(undefined)
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLInputElement>('#value')?.select())
  }

  override render() {
    const { isSwap, isReadOnly } = this
    return html`<form aria-label="Change the register" @submit=${this.#submit}>
      <div class="pair">${this.#field('key', 'Key')} ${this.#field('value', 'Value, as JSON')}</div>
      <label class="check">
        <input
          type="checkbox"
          .checked=${isSwap}
          ?disabled=${isReadOnly}
          @change=${(event: Event) => {
            this.isSwap = (event.target as HTMLInputElement).checked
          }}
        />
        Only if it still holds something (compare and set)
      </label>
      ${isSwap ? this.#field('expected', 'It must still hold, as JSON; empty: the key is not there') : nothing}
      <div class="actions">
        <wa-button type="submit" size="s" variant="brand" ?disabled=${isReadOnly} ?loading=${this.#attempt.isRunning}>
          ${isSwap ? 'Set if unchanged' : 'Set'}
        </wa-button>
        ${
          isReadOnly || this.typed.key === ''
            ? nothing
            : html`<confirm-button label="Delete" question="Delete “${this.typed.key}” for everybody?" yes="Delete" @confirm=${() => this.#delete()}></confirm-button>`
        }
      </div>
      ${this.#attempt.line()}
    </form>`
  }

  #field(name: Field, label: string) {
    const problem = this.#problem(name)
    const text = this.typed[name]
    const canQuote = name !== 'key' && problem?.startsWith('Text needs quotes')
    return html`<div>
      <label for=${name}>${label}</label>
      <input
        id=${name}
        class="field mono"
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        aria-describedby="${name}-hint"
        aria-invalid=${problem !== undefined}
        ?disabled=${this.isReadOnly}
        .value=${text}
        @input=${(event: Event) => this.#type(name, (event.target as HTMLInputElement).value)}
        @keydown=${(event: KeyboardEvent) => event.key === 'Enter' && !event.isComposing && this.#submit(event)}
      />
      <p id="${name}-hint" class="hint small failed">
        ${problem ?? nothing}
        ${canQuote ? html`<button class="plain link" type="button" @click=${() => this.#type(name, quoted(text))}>Add them</button>` : nothing}
      </p>
    </div>`
  }

  #problem(name: Field): string | undefined {
    const text = this.typed[name]
    if (!this.isChecked && text === '') return undefined
    if (name === 'key') return keyProblem(text)
    if (name === 'expected' && text.trim() === '') return undefined
    // Half a value is no mistake yet: while it is typed, nobody is told off.
    if (!this.isChecked) return undefined
    const parsed = parseValue(text)
    return 'problem' in parsed ? parsed.problem : undefined
  }

  #type(name: Field, text: string): void {
    this.typed = { ...this.typed, [name]: text }
    this.#attempt.tell(undefined)
  }

  readonly #submit = (event: Event): void => {
    event.preventDefault()
    const decisions = this.store?.handle.value?.decisions
    if (!decisions || this.isReadOnly || this.#attempt.isRunning) return
    this.isChecked = true
    const { key } = this.typed
    const value = parseValue(this.typed.value)
    const expected = this.#expected()
    const isWrong = keyProblem(key) !== undefined || 'problem' in value || 'problem' in expected
    if (isWrong) return this.#focusWrong()
    const startMs = performance.now()
    void this.#attempt.run(async () => {
      if (this.isSwap) {
        const result = await decisions.compareAndSet(key, expected.value, value.value)
        return toldSwap(key, result, performance.now() - startMs)
      }
      const { version } = await decisions.set(key, value.value)
      return toldSet('set', key, version, performance.now() - startMs)
    }, toldFailure)
  }

  #expected(): { readonly value: Json | undefined } | { readonly problem: string } {
    if (!this.isSwap || this.typed.expected.trim() === '') return { value: undefined }
    return parseValue(this.typed.expected)
  }

  #delete(): void {
    const decisions = this.store?.handle.value?.decisions
    const { key } = this.typed
    if (!decisions || keyProblem(key)) return
    const startMs = performance.now()
    void this.#attempt.run(async () => {
      const { version } = await decisions.delete(key)
      return toldSet('delete', key, version, performance.now() - startMs)
    }, toldFailure)
  }

  #focusWrong(): void {
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector<HTMLElement>('.field[aria-invalid="true"]')?.focus(),
    )
  }
}
customElements.define('register-editor', RegisterEditor)
