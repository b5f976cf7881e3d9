/** Faults on purpose: what is in force and who asked for it, one button that ends all, and the forms that begin them. */
import { html, LitElement, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { styleMap } from 'lit/directives/style-map.js'
import '@awesome.me/webawesome/dist/components/button/button.js'
import { toMeshError } from '../../base/errors.ts'
import type { PeerId } from '../../base/ids.ts'
import { faultWords } from '../../engine/fault-words.ts'
import type { FaultInfo, FaultOutcome, FaultRequest } from '../../mesh/types.ts'
import { peerColour } from '../colour.ts'
import { absolute, ago, duration, plural, shortId } from '../format.ts'
import { fieldStyles } from '../look/field-styles.ts'
import { icon } from '../look/icons.ts'
import { panelStyles } from '../look/panel-styles.ts'
import { sharedStyles } from '../look/styles.ts'
import { partRoom } from '../mesh/partition-pen.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import {
  type FaultForm,
  type FaultFormKind,
  faultFormProblem,
  faultKinds,
  firstForm,
  requestOf,
  unitOf,
  withKind,
} from './fault-form.ts'
import { faultsStyles } from './faults-styles.ts'

export class FaultsPanel extends LitElement {
  static override properties = {
    store: { attribute: false },
    form: { state: true },
    said: { state: true },
    isBusy: { state: true },
  }
  static override styles = [sharedStyles, panelStyles, fieldStyles, faultsStyles]
  declare store: ConsoleStore | undefined
  declare form: FaultForm
  /** What came of the last thing asked for. */
  declare said: { readonly text: string; readonly isFailure: boolean } | undefined
  declare isBusy: boolean
  readonly #faults = new Watch(this, () => this.store?.faults)
  readonly #peers = new Watch(this, () => this.store?.peers)
  readonly #self = new Watch(this, () => this.store?.self)
  readonly #otherSide = new Watch(this, () => this.store?.otherSide)
  readonly #now = new Watch(this, () => this.store?.nowMs)

  constructor() {
    super()
    this.form = firstForm
    this.isBusy = false
  }

  override render() {
    const faults = this.#faults.value ?? []
    return html`<section>
        <h2>In force</h2>
        ${
          faults.length === 0
            ? html`<p class="quiet small">Nothing is broken on purpose.</p>`
            : html`<ul class="faults" aria-label="Faults in force">${repeat(
                faults,
                fault => fault.id,
                fault => this.#fault(fault),
              )}</ul>`
        }
        <wa-button class="heal" variant=${faults.length > 0 ? 'brand' : 'neutral'} appearance=${faults.length > 0 ? 'accent' : 'outlined'} ?disabled=${this.isBusy} @click=${() => this.#healAll()}>
          <span class="label">${icon('check')}Heal all</span>
        </wa-button>
        <p class="said small ${this.said?.isFailure ? 'failed' : 'quiet'}" role="status">${this.said?.text ?? nothing}</p>
      </section>
      ${this.#formSection()} ${this.#partition()}`
  }

  #fault(fault: FaultInfo) {
    const nowMs = this.#now.value ?? 0
    const leftMs = fault.untilMs === undefined ? undefined : Math.max(0, fault.untilMs - nowMs)
    const words = faultWords(fault.command, id => this.#nameOf(id))
    return html`<li>
      <span class="what">${words}</span>
      <span class="small quiet who">
        ${fault.scope === 'room' ? 'whole room' : 'this tab’s links'}, by ${this.#nameOf(fault.by)},
        <time title=${absolute(fault.sinceMs)}>${ago(fault.sinceMs, nowMs)}</time>${
          leftMs === undefined ? '' : `, ends in ${duration(leftMs)}`
        }${fault.actsHere ? '' : '; nothing changes here'}
      </span>
      <button class="plain link small" aria-label="Heal ${words}" @click=${() => this.#ask({ kind: 'heal', id: fault.id })}>Heal</button>
    </li>`
  }

  #formSection() {
    const { kind, direction, amount, seconds } = this.form
    const unit = unitOf(kind)
    const problem = faultFormProblem(this.form)
    return html`<section>
      <h2>Begin a fault</h2>
      <div class="form">
        <label class="kind">
          What
          <select class="field" .value=${kind} @change=${(event: Event) => this.#setKind((event.target as HTMLSelectElement).value as FaultFormKind)}>
            ${Object.entries(faultKinds).map(([value, { title }]) => html`<option value=${value} ?selected=${value === kind}>${title}</option>`)}
          </select>
        </label>
        <label class="where">Where ${this.#where()}</label>
        ${
          kind === 'pause'
            ? nothing
            : html`<label>
                Direction
                <select class="field" @change=${(event: Event) => this.#change({ direction: (event.target as HTMLSelectElement).value as FaultForm['direction'] })}>
                  ${(['both', 'out', 'in'] as const).map(
                    way =>
                      html`<option value=${way} ?selected=${way === direction}>${{ both: 'both ways', out: 'outgoing only', in: 'incoming only' }[way]}</option>`,
                  )}
                </select>
              </label>`
        }
        ${
          unit
            ? html`<label>
                ${unit === 'ms' ? 'How long (ms)' : 'How many (%)'}
                <input class="field mono" inputmode="decimal" autocomplete="off" .value=${amount} @input=${(event: Event) => this.#change({ amount: (event.target as HTMLInputElement).value })} />
              </label>`
            : nothing
        }
        <label>
          Ends after (s)
          <input class="field mono" inputmode="decimal" autocomplete="off" placeholder="when healed" .value=${seconds} @input=${(event: Event) => this.#change({ seconds: (event.target as HTMLInputElement).value })} />
        </label>
      </div>
      <p class="hint small ${problem ? 'failed' : 'quiet'}">${problem ?? faultKinds[kind].hint}</p>
      <wa-button variant="brand" size="s" appearance="outlined" ?disabled=${problem !== undefined || this.isBusy} @click=${() => this.#begin()}>
        <span class="label">${icon('faults')}Begin</span>
      </wa-button>
    </section>`
  }

  #where() {
    const { kind, where } = this.form
    const peers = this.#peers.value ?? []
    const option = (value: string, text: string) =>
      html`<option value=${value} ?selected=${value === where}>${text}</option>`
    const isPause = kind === 'pause'
    return html`<select class="field" @change=${(event: Event) => this.#change({ where: (event.target as HTMLSelectElement).value })}>
      ${option('own:all', isPause ? 'this tab' : 'all links of this tab')}
      ${option('room:all', isPause ? 'every tab of the room' : 'every link of the room')}
      ${isPause ? nothing : html`<optgroup label="The link to">${peers.map(({ id, name }) => option(`own:${id}`, name))}</optgroup>`}
      <optgroup label=${isPause ? 'Another tab' : 'All links of'}>${peers.map(({ id, name }) => option(`room:${id}`, isPause ? name : `${name}, whole room`))}</optgroup>
    </select>`
  }

  #partition() {
    const self = this.#self.value
    const others = (this.#peers.value ?? []).map(({ id, name }) => ({ id, name }))
    const here = [...(self ? [{ id: self.id, name: `${self.name} (this tab)` }] : []), ...others]
    const chosen = this.#otherSide.value ?? []
    const isEmpty = chosen.length === 0 || chosen.length === here.length
    return html`<section>
      <h2>Part the room</h2>
      <p class="small quiet">Who is on the other side? No link will stand between the two. Or draw a line in the graph: “Part the room” there.</p>
      <fieldset>
        <legend class="unseen">Peers on the other side</legend>
        ${repeat(
          here,
          ({ id }) => id,
          ({ id, name }) => html`<label class="side">
            <input type="checkbox" .checked=${chosen.includes(id)} @change=${() => this.#turn(id)} />
            <span class="dot" style=${styleMap({ '--dot': peerColour(id) })}></span>${name}
          </label>`,
        )}
      </fieldset>
      <wa-button variant="brand" size="s" appearance="outlined" ?disabled=${isEmpty || this.isBusy} @click=${() => this.#part()}>
        <span class="label">${icon('split')}${isEmpty ? 'Part them' : `Part them: ${here.length - chosen.length} | ${chosen.length}`}</span>
      </wa-button>
    </section>`
  }

  #nameOf(id: PeerId): string {
    return this.store?.nameOf(id) ?? shortId(id)
  }

  #setKind(kind: FaultFormKind): void {
    const form = withKind(this.form, kind)
    // A pause has no single link.
    const where = kind === 'pause' && /^own:(?!all)/.test(form.where) ? form.where.replace('own', 'room') : form.where
    this.form = { ...form, where }
  }

  #change(change: Partial<FaultForm>): void {
    this.form = { ...this.form, ...change }
  }

  #turn(id: PeerId): void {
    const chosen = this.store?.otherSide.value ?? []
    this.store?.otherSide.set(chosen.includes(id) ? chosen.filter(other => other !== id) : [...chosen, id])
  }

  #begin(): void {
    const self = this.#self.value
    if (self) void this.#ask(requestOf(this.form, self.id))
  }

  async #part(): Promise<void> {
    const { store } = this
    if (!store) return
    await this.#attempt(async () => {
      await partRoom(store)
      store.otherSide.set([])
      return 'The room is parted.'
    })
  }

  /** Of the room too, even where nothing of it is known here: whoever came later has not heard of it. */
  #healAll(): Promise<void> {
    const isOfRoom = this.#faults.value?.some(({ scope }) => scope === 'room') ?? false
    return this.#ask({ kind: 'heal', room: isOfRoom || this.store?.room.value?.isPrivate === true })
  }

  #ask(request: FaultRequest): Promise<void> {
    return this.#attempt(async () => {
      const outcome = await this.#perform(request)
      return outcome && wordsOf(request, outcome)
    })
  }

  #perform(request: FaultRequest): Promise<FaultOutcome> | undefined {
    const faults = this.store?.handle.value?.faults
    if (!faults) return undefined
    if (request.kind === 'heal') return faults.heal(request)
    if (request.kind === 'partition') return faults.partition(request.groups, request)
    if (request.kind === 'pause') return faults.pause(request)
    if (request.kind === 'cut') return faults.cut(request.target, request)
    if (request.kind === 'delay') return faults.delay(request.target, request.ms, request)
    if (request.kind === 'loss') return faults.drop(request.target, request.share, request)
    return faults[request.kind](request.target, request.share, request)
  }

  async #attempt(act: () => Promise<string | undefined>): Promise<void> {
    if (this.isBusy) return
    this.isBusy = true
    try {
      const text = await act()
      this.said = text === undefined ? undefined : { text, isFailure: false }
    } catch (thrown) {
      this.said = { text: toMeshError(thrown, 'invalid-option').message, isFailure: true }
    } finally {
      this.isBusy = false
    }
  }
}
customElements.define('faults-panel', FaultsPanel)

function wordsOf({ kind }: FaultRequest, { confirmed, unconfirmed }: FaultOutcome): string {
  const done = kind === 'heal' ? 'Healed' : 'Begun'
  const told = confirmed.length + unconfirmed.length
  if (told === 0) return `${done}.`
  const missing = unconfirmed.length === 0 ? '' : '; the others may be cut off, or obey without a word'
  return `${done}: ${confirmed.length} of ${plural(told, 'peer')} confirmed${missing}.`
}
