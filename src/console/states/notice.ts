/** A problem somebody can do something about while the mesh works: one line, in place, gone when the problem is. */
import { css, html, LitElement, nothing } from 'lit'
import type { MeshSnapshot } from '../../engine/snapshot.ts'
import { icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { problemWords } from './problem-words.ts'

export class MeshNotice extends LitElement {
  static override properties = { store: { attribute: false }, stayedAtMs: { state: true } }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: block;
      }
      p {
        display: flex;
        align-items: flex-start;
        gap: 12px;
        padding: 10px 24px;
        background: var(--suspect-quiet);
        border-bottom: 1px solid var(--hairline);
      }
      .icon {
        margin-top: 3px;
        color: var(--suspect);
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  /** The shutdown that a person chose to stay through. */
  declare stayedAtMs: number | undefined
  readonly #problem = new Watch(this, () => this.store?.problem)
  readonly #phase = new Watch(this, () => this.store?.phase)
  readonly #shutdown = new Watch(this, () => this.store?.shutdown)

  override render() {
    const problem = this.#problem.value
    const phase = this.#phase.value
    const shutdown = this.#shutdown.value
    if (shutdown && shutdown.atMs !== this.stayedAtMs && phase !== 'left') return this.#ending(shutdown)
    if (!problem || phase === 'failed' || phase === 'left') return html`<div role="status">${nothing}</div>`
    const { title, advice } = problemWords(problem.code)
    return html`<div role="status">
      <p title="${problem.code}: ${problem.message}">${icon('alert')}<span><strong>${title}.</strong> ${advice}</span></p>
    </div>`
  }

  #ending({ name, reason, atMs }: NonNullable<MeshSnapshot['shutdown']>) {
    return html`<div role="status">
      <p>
        ${icon('alert')}<span><strong>${name} has ended the session</strong> (${reason}).</span>
        <button class="plain link" @click=${() => void this.store?.handle.value?.leave({ reason })}>Leave</button>
        <button class="plain link" @click=${() => this.#stay(atMs)}>Stay</button>
      </p>
    </div>`
  }

  #stay(atMs: number): void {
    this.stayedAtMs = atMs
  }
}
customElements.define('mesh-notice', MeshNotice)
