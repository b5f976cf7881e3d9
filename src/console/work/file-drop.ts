/** Where a job's texts come from: the sample, or files of one's own, dropped or chosen. Refuses by name and size, before reading. */
import { css, html, LitElement } from 'lit'
import { bytes } from '../format.ts'
import { icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import { filesName, filesProblem } from './chosen-files.ts'

export class FileDrop extends LitElement {
  static override properties = { files: { attribute: false }, problem: { state: true }, isOver: { state: true } }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        gap: 8px;
      }
      .zone {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 12px;
        min-height: 48px;
        padding: 8px 16px;
        border: 1px dashed var(--hairline-strong);
        border-radius: var(--radius);
        transition: background var(--quick);
      }
      .zone.is-over {
        border-color: var(--accent);
        border-style: solid;
        background: var(--accent-quiet);
      }
      .chosen {
        flex: 1;
        min-width: 12ch;
        overflow-wrap: anywhere;
      }
      input {
        position: absolute;
        width: 1px;
        height: 1px;
        opacity: 0;
        pointer-events: none;
      }
      .refused {
        display: flex;
        gap: 8px;
        color: var(--failed);
      }
      .refused .icon {
        margin-top: 2px;
      }
    `,
  ]
  declare files: readonly File[]
  declare problem: string | undefined
  declare isOver: boolean

  constructor() {
    super()
    this.files = []
    this.isOver = false
  }

  override render() {
    const total = this.files.reduce((sum, file) => sum + file.size, 0)
    return html`<div
        class="zone ${this.isOver ? 'is-over' : ''}"
        @dragover=${this.#onOver}
        @dragleave=${() => this.#over(false)}
        @drop=${this.#onDrop}
      >
        ${icon('file')}
        ${
          this.files.length > 0
            ? html`<span class="chosen" title=${this.files.map(file => file.name).join('\n')}>
                  <strong>${filesName(this.files)}</strong> <span class="mono small quiet">${bytes(total)}</span>
                </span>
                <button class="plain link" @click=${() => this.#take([])}>Use the sample texts</button>`
            : html`<span class="chosen"><strong>Sample texts.</strong> <span class="quiet">Or drop text files here.</span></span>`
        }
        <button class="plain link" @click=${() => this.renderRoot.querySelector('input')?.click()}>Choose files…</button>
        <input type="file" multiple tabindex="-1" aria-hidden="true" @change=${this.#onChosen} />
      </div>
      <div role="alert">${this.problem ? html`<p class="refused small">${icon('alert')}<span>${this.problem}</span></p>` : ''}</div>`
  }

  #over(isOver: boolean): void {
    this.isOver = isOver
  }

  #onOver(event: DragEvent): void {
    event.preventDefault()
    this.#over(true)
  }

  #onDrop(event: DragEvent): void {
    event.preventDefault()
    this.#over(false)
    const files = [...(event.dataTransfer?.files ?? [])]
    if (files.length > 0) this.#take(files)
  }

  #onChosen(event: Event): void {
    const input = event.target as HTMLInputElement
    const files = [...(input.files ?? [])]
    // So that choosing the same file again is a change again.
    input.value = ''
    if (files.length > 0) this.#take(files)
  }

  #take(files: readonly File[]): void {
    this.problem = filesProblem(files)
    if (this.problem) return
    this.files = files
    this.dispatchEvent(new Event('change'))
  }
}
customElements.define('file-drop', FileDrop)
