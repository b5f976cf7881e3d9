/** One shared document: its editor, who else is in it, and how far everybody has the same. */
import { css, html, LitElement, nothing } from 'lit'
import { styleMap } from 'lit/directives/style-map.js'
import type { PeerId } from '../../base/ids.ts'
import type { MeshHandle } from '../../engine/handle.ts'
import type { Awareness, ReplicaView } from '../../engine/shared-handle.ts'
import { peerColour } from '../colour.ts'
import { sharedStyles } from '../look/styles.ts'
import { syncWords } from './sync-words.ts'

/** What this tab shows of itself. */
interface Shown {
  readonly user?: { readonly name?: string }
  readonly document?: string
}

interface Person {
  readonly client: number
  readonly name: string
  readonly colour: string
}

export class DocumentView extends LitElement {
  static override properties = {
    mesh: { attribute: false },
    name: {},
    replica: { attribute: false },
    self: { attribute: false },
    people: { state: true },
    problem: { state: true },
  }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        grid-template-rows: auto minmax(0, 1fr);
        gap: 8px;
        min-height: 0;
      }
      .line {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 12px;
        min-height: 20px;
      }
      .person {
        display: inline-flex;
        align-items: center;
        gap: 6px;
      }
      .sync {
        margin-inline-start: auto;
        font-variant-numeric: tabular-nums;
      }
      .editor {
        min-height: 160px;
        overflow: hidden;
        border: 1px solid var(--hairline-strong);
        border-radius: var(--radius);
        background: var(--paper-raised);
      }
      .editor:focus-within {
        outline: 2px solid var(--accent);
        outline-offset: 1px;
      }
    `,
  ]
  declare mesh: MeshHandle | undefined
  declare name: string
  declare replica: ReplicaView | undefined
  declare self: { readonly id: PeerId; readonly name: string } | undefined
  declare people: readonly Person[]
  declare problem: string | undefined
  #close: () => void = () => {}
  #opened: string | undefined
  #awareness: Awareness | undefined

  constructor() {
    super()
    this.name = 'notes'
    this.people = []
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#close()
    this.#opened = undefined
    this.#awareness?.setLocalStateField('document', '') // in none
  }

  override render() {
    const words = this.replica && syncWords(this.replica)
    return html`<div class="line small">
        ${this.people.map(
          ({ name, colour }) =>
            html`<span class="person"><span class="dot" style=${styleMap({ '--dot': colour })}></span>${name}</span>`,
        )}
        ${this.people.length === 0 ? html`<span class="quiet">Nobody else is writing here.</span>` : nothing}
        <span class="sync ${words?.tone ?? 'quiet'}" role="status">${this.problem ?? words?.text ?? 'opening'}</span>
      </div>
      <div class="editor"></div>`
  }

  override updated(): void {
    const { mesh, self } = this
    if (!mesh || !self) return
    if (this.#opened !== this.name) {
      this.#opened = this.name
      this.#close()
      this.#open(mesh, this.name).catch(() => {
        this.problem = 'The document could not be opened. Reload this tab.'
      })
    }
    this.#introduce()
  }

  /** Tells the others who this is, once there is somebody to tell it by. */
  #introduce(): void {
    const { self } = this
    const { user, document } = (this.#awareness?.getLocalState() ?? {}) as Shown
    if (!self || !this.#awareness) return
    if (document !== this.name) this.#awareness.setLocalStateField('document', this.name)
    if (user?.name === self.name) return
    const color = peerColour(self.id)
    const colorLight = `color-mix(in oklab, ${color} 25%, transparent)`
    this.#awareness.setLocalStateField('user', { name: self.name, color, colorLight })
  }

  async #open(mesh: MeshHandle, name: string): Promise<void> {
    const [{ openEditor }, doc, awareness] = await Promise.all([
      import('./editor.ts'),
      mesh.shared.doc(name),
      mesh.shared.presence(),
    ])
    const parent = this.renderRoot.querySelector<HTMLElement>('.editor')
    if (!parent || !this.isConnected || this.#opened !== name) return
    this.#awareness = awareness
    this.#introduce()
    const label = `Shared document ${name}`
    const closeEditor = openEditor({ parent, root: this.renderRoot as ShadowRoot, doc, awareness, label })
    const look = () => {
      this.people = peopleIn(awareness, name)
    }
    awareness.on('change', look)
    look()
    this.#close = () => {
      awareness.off('change', look)
      closeEditor()
      this.#close = () => {}
    }
  }
}
customElements.define('document-view', DocumentView)

/** What others say of themselves comes from outside: only a name and a colour are taken, and only as text. */
function peopleIn(awareness: Awareness, here: string): readonly Person[] {
  return [...awareness.getStates()].flatMap(([client, { user, document }]) => {
    if (typeof document === 'string' && document !== here) return []
    const { name, color } = (user ?? {}) as { name?: unknown; color?: unknown }
    if (client === awareness.clientID || typeof name !== 'string') return []
    return [{ client, name: name.slice(0, 40), colour: typeof color === 'string' ? color : 'var(--ink-quiet)' }]
  })
}
