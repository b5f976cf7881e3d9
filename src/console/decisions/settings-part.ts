/** One part of the room's settings as a form: each field with its meaning, what counts, and the way back to its default. */
import { html, LitElement, nothing } from 'lit'
import '@awesome.me/webawesome/dist/components/button/button.js'
import type { RoomSettings, SettingsChange } from '../../engine/room-settings.ts'
import { count, duration } from '../format.ts'
import { fieldStyles } from '../look/field-styles.ts'
import { icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { Attempt } from './attempt.ts'
import { toldFailure } from './edit.ts'
import { whenWords } from './names.ts'
import { sectionStyles } from './section-styles.ts'
import { SettingsDraft } from './settings-draft.ts'
import { inLabels, type PartName, parts, type SettingField, shownSetting } from './settings-fields.ts'
import { settingsStyles } from './settings-styles.ts'

export class SettingsPart extends LitElement {
  static override properties = {
    store: { attribute: false },
    kind: { attribute: false },
    isReadOnly: { type: Boolean },
  }
  static override styles = [sharedStyles, sectionStyles, fieldStyles, settingsStyles]
  declare store: ConsoleStore | undefined
  declare kind: PartName
  declare isReadOnly: boolean
  readonly #settings = new Watch(this, () => this.store?.settings)
  readonly #now = new Watch(this, () => this.store?.nowMs)
  readonly #attempt = new Attempt(this)
  #draft: SettingsDraft | undefined
  /** What was decided here, until the engine's next word of it. */
  #decided: RoomSettings | undefined
  #told: RoomSettings | undefined
  /** Left by whoever typed there: half a number is no mistake yet. */
  readonly #finished = new Set<string>()
  /** For who does not see the marks at the fields. */
  #news = ''

  override willUpdate(): void {
    this.#draft ??= new SettingsDraft(this.kind)
    const told = this.#settings.value
    if (told !== this.#told) this.#decided = undefined
    this.#told = told
    const changed = this.#draft.follow(this.#decided ?? told, this.#now.value ?? 0)
    if (changed.length > 0) this.#news = changed.map(field => this.#meanwhile(field)).join(' ')
  }

  override render() {
    const draft = this.#draft
    if (!draft) return nothing
    const { title, hint } = parts[this.kind]
    const { isRunning } = this.#attempt
    return html`<form aria-labelledby="title" novalidate @submit=${this.#submit}>
      <h4 id="title">${title}</h4>
      <p class="small quiet">${hint}</p>
      ${draft.fields.map(field => this.#row(draft, field))}
      <div class="actions">
        <wa-button type="submit" size="s" variant="brand" ?disabled=${this.#isLocked || !draft.isChanged} ?loading=${isRunning}>
          Change for everybody
        </wa-button>
        ${draft.isChanged && !isRunning ? html`<wa-button size="s" appearance="outlined" @click=${() => this.#discard()}>Discard</wa-button>` : nothing}
      </div>
      <p class="small quiet" role="status">${isRunning ? 'Being decided: more than half of the voters must have it on disk.' : nothing}</p>
      ${this.#attempt.line()}
      <span class="unseen" role="status">${this.#news}</span>
    </form>`
  }

  #row(draft: SettingsDraft, field: SettingField) {
    const { name, label, hint } = field
    const problem = this.#finished.has(name) ? draft.problemOf(field) : undefined
    return html`<div class="row">
      <label for=${name}>${label}</label>
      <div class="control">${this.#control(draft, field, problem !== undefined)}${field.unit ? html`<span class="small quiet">${field.unit}</span>` : nothing}</div>
      <div class="words small" id="${name}-words">
        <p class="quiet">${hint}</p>
        <p class="state">${this.#state(draft, field)}</p>
        ${problem ? html`<p class="failed">${problem}</p>` : nothing}
        ${this.#mark(draft, field)}
      </div>
    </div>`
  }

  #control(draft: SettingsDraft, field: SettingField, isWrong: boolean) {
    const { name, bounds, choices } = field
    const text = draft.textOf(field)
    if (choices)
      return html`<select id=${name} class="field" aria-describedby="${name}-words" ?disabled=${this.#isLocked} @change=${this.#onType}>
        ${choices.map(([value, words]) => html`<option value=${value} .selected=${value === text}>${words}</option>`)}
      </select>`
    return html`<input
      id=${name}
      class="field mono"
      autocomplete="off"
      inputmode=${(bounds?.[1] ?? 0) <= 1 ? 'decimal' : 'numeric'}
      aria-describedby="${name}-words"
      aria-invalid=${isWrong}
      ?disabled=${this.#isLocked}
      .value=${text}
      @input=${this.#onType}
      @change=${() => this.#finish(field)}
      @keydown=${(event: KeyboardEvent) => event.key === 'Enter' && !event.isComposing && this.#submit(event)}
    />`
  }

  #state(draft: SettingsDraft, field: SettingField) {
    const { name, bounds } = field
    const usual = shownSetting(field, draft.defaultOf(name))
    const range = bounds ? `, may be ${count(bounds[0])} to ${count(bounds[1])}` : ''
    if (!draft.isSet(name)) return html`<span class="quiet">Default ${usual}${range}</span>`
    const text = `Use the default, ${usual}`
    return html`<span>Set for the room<span class="quiet">${range}.</span></span>
      ${this.#isLocked ? nothing : html`<button class="plain link" type="button" aria-label="${text}, for “${field.label}”" @click=${() => this.#takeBack(field)}>${text}</button>`}`
  }

  #mark(draft: SettingsDraft, field: SettingField) {
    const atMs = draft.changedAtMs(field.name)
    if (atMs === undefined) return nothing
    const isTyped = draft.isTyped(field)
    const when = whenWords(atMs, this.#now.value ?? 0)
    return html`<p class="mark suspect">${icon('alert')}<span>
      ${isTyped ? `Changed elsewhere meanwhile: ${shownSetting(field, draft.valueOf(field))}.` : `Changed elsewhere ${when}.`}
      ${isTyped ? html`<button class="plain link" type="button" @click=${() => this.#discard(field.name)}>Show it</button>` : nothing}</span></p>`
  }

  /** Also until it is known what the room has: nobody changes what they do not see. */
  get #isLocked(): boolean {
    return this.isReadOnly || this.#settings.value === undefined
  }

  #meanwhile(field: SettingField): string {
    const value = this.#draft?.valueOf(field) ?? ''
    return `Changed elsewhere: “${field.label}”, now ${shownSetting(field, value)}.`
  }

  readonly #onType = ({ target }: Event): void => {
    const { id, value } = target as HTMLInputElement
    this.#draft?.type(id, value)
    this.#finished.delete(id)
    this.#attempt.tell(undefined)
  }

  #finish(field: SettingField): void {
    this.#finished.add(field.name)
    if (!this.#draft?.isTyped(field)) this.#draft?.discard(field.name) // as it was: news may show again
    this.requestUpdate()
  }

  #discard(name?: string): void {
    this.#draft?.discard(name)
    this.#attempt.tell(undefined)
  }

  readonly #submit = (event: Event): void => {
    event.preventDefault()
    const draft = this.#draft
    if (!draft?.isChanged || this.#isLocked || this.#attempt.isRunning) return
    const wrong = draft.fields.find(field => draft.problemOf(field))
    for (const { name } of draft.fields) this.#finished.add(name)
    this.requestUpdate()
    if (wrong) return this.#focus(wrong.name)
    const sent = draft.typed
    void this.#decide(draft.ask(), 'for every tab, and for those that come later', () => draft.settled(sent))
  }

  #takeBack({ name }: SettingField): void {
    const draft = this.#draft
    if (!draft || this.#attempt.isRunning) return
    this.#focus(name) // the button will be gone, the focus must not be
    void this.#decide(draft.takeBack(name), 'the default counts again', () => draft.discard(name))
  }

  async #decide(change: SettingsChange, done: string, settle: () => void): Promise<void> {
    const settings = this.store?.handle.value?.settings
    if (!settings) return
    const startMs = performance.now()
    const failed = (thrown: unknown) => {
      const told = toldFailure(thrown)
      return { ...told, text: inLabels(this.kind, told.text) }
    }
    await this.#attempt.run(async () => {
      this.#decided = await settings.set(change)
      settle()
      return `Decided in ${duration(performance.now() - startMs)}: ${done}.`
    }, failed)
  }

  #focus(id: string): void {
    this.renderRoot.querySelector<HTMLElement>(`#${id}`)?.focus()
  }
}
customElements.define('settings-part', SettingsPart)
