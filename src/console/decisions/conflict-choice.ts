/** Two histories of one room, side by side, and the choice between them. Whatever is chosen, the other one stays on its disks. */
import { css, html, LitElement, nothing } from 'lit'
import '@awesome.me/webawesome/dist/components/button/button.js'
import type { ConflictView, GenerationView } from '../../consensus/decisions/types.ts'
import { absolute, ago, plural, shortId } from '../format.ts'
import { downloadJson } from '../look/download.ts'
import { factsStyles } from '../look/facts-styles.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { Attempt } from './attempt.ts'
import { namesOf, peerName } from './names.ts'
import { sectionStyles } from './section-styles.ts'
import '../look/confirm-button.ts'
import '../look/copy-text.ts'

export class ConflictChoice extends LitElement {
  static override properties = { store: { attribute: false } }
  static override styles = [
    sharedStyles,
    factsStyles,
    sectionStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 12px;
        background: var(--suspect-quiet);
      }
      .both {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(220px, 1fr));
        gap: 12px 24px;
      }
      dl {
        gap: 2px 12px;
        margin-top: 4px;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  readonly #view = new Watch(this, () => this.store?.decisions)
  readonly #now = new Watch(this, () => this.store?.nowMs)
  readonly #attempt = new Attempt(this)

  override render() {
    const view = this.#view.value
    if (!this.store || !view?.conflict) return nothing
    const { conflict, generation } = view
    const theirs = peerName(conflict.peer, namesOf(this.store))
    return html`<h3>Which history goes on?</h3>
      <div class="both">
        ${generation ? this.#history('The one of this tab', generation, this.#relation(conflict, generation, false)) : nothing}
        ${this.#history(`The one ${theirs} brings`, conflict.other, this.#relation(conflict, generation, true))}
      </div>
      <p class="small">
        Until somebody chooses, each goes on where it is, and nothing is mixed. To keep the one of this tab, make this choice in the others’
        tabs. To join the other sets aside up to ${plural(conflict.ownDecided, 'decision')} of this tab that it lacks: they stay on this disk,
        and can be saved as a file first.
      </p>
      <div class="actions">
        <confirm-button
          label="Join the other history"
          question="Set the history of this tab aside?"
          yes="Set aside and join"
          @confirm=${() => this.#join()}
        ></confirm-button>
        <wa-button size="s" appearance="outlined" @click=${() => this.#save()}>Save the register of this tab</wa-button>
      </div>
      ${this.#attempt.line()}`
  }

  #history(title: string, { id, bornAtMs, decided }: GenerationView, relation: string) {
    const nowMs = this.#now.value ?? 0
    return html`<div class="small">
      <strong>${title}</strong>
      <dl>
        <dt>Began</dt>
        <dd><time title=${absolute(bornAtMs)}>${ago(bornAtMs, nowMs)}</time></dd>
        <dt>Holds</dt>
        <dd>${plural(decided, 'decision')}</dd>
        <dt>Comes from</dt>
        <dd>${relation}</dd>
        <dt>Id</dt>
        <dd class="mono"><copy-text .text=${id} .shown=${shortId(id)}></copy-text></dd>
      </dl>
    </div>`
  }

  #relation({ other, isSuccessor }: ConflictView, own: GenerationView | undefined, isOther: boolean): string {
    if (isOther && isSuccessor) return 'the one of this tab, by “Continue from here”'
    if (!isOther && own?.parent === other.id) return 'the other one, by “Continue from here”'
    const parent = isOther ? other.parent : own?.parent
    return parent ? `an earlier one, ${shortId(parent)}` : 'nothing: a beginning of its own'
  }

  #join(): void {
    this.#attempt.with(this.store?.handle.value, async ({ decisions }) => {
      await decisions.joinOther()
      return 'This tab joined the other history. Its own is set aside on this disk.'
    })
  }

  #save(): void {
    this.#attempt.with(this.store?.handle.value, async ({ decisions }) => {
      const generation = this.#view.value?.generation?.id
      downloadJson('tabmesh-register.json', { generation, savedAtMs: Date.now(), entries: await decisions.list() })
      return 'Saved as tabmesh-register.json.'
    })
  }
}
customElements.define('conflict-choice', ConflictChoice)
