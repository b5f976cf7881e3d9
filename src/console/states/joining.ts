/** The way into the room, step by step, while it lasts. A step that failed says what to do about it. */
import { css, html, LitElement, nothing } from 'lit'
import type { JoinStep, MeshSnapshot } from '../../engine/snapshot.ts'
import { icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'

type StepState = MeshSnapshot['steps'][number]['state']
const titles: Readonly<Record<JoinStep, string>> = {
  identity: 'Take up an identity',
  signaling: 'Ask signaling who is here',
  dialling: 'Open direct links',
  admitted: 'Prove the key of the room',
}
const stateWords: Readonly<Record<StepState, string>> = {
  waiting: 'to come',
  running: 'under way',
  done: 'done',
  failed: 'failed',
}
const order: readonly JoinStep[] = ['identity', 'signaling', 'dialling', 'admitted']

export class MeshJoining extends LitElement {
  static override properties = { store: { attribute: false } }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: block;
        padding: 24px;
      }
      ol {
        display: grid;
        gap: 12px;
        margin: 16px 0 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: grid;
        grid-template-columns: 16px minmax(0, 1fr);
        gap: 2px 12px;
        align-items: center;
      }
      .detail {
        grid-column: 2;
      }
      .waiting {
        color: var(--ink-quiet);
      }
      .done svg {
        color: var(--healthy);
      }
      .failed svg {
        color: var(--failed);
      }
      .running svg {
        color: var(--accent);
        stroke-dasharray: 20 12;
        animation: turn 1.2s linear infinite;
      }
      @keyframes turn {
        to {
          transform: rotate(360deg);
        }
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  readonly #steps = new Watch(this, () => this.store?.steps)
  readonly #link = new Watch(this, () => this.store?.link)

  override render() {
    const known = this.#steps.value ?? []
    const steps = known.length > 0 ? known : order.map(step => ({ step, state: 'waiting' as const }))
    return html`<h3>Joining ${this.#link.value?.room ?? 'the room'}</h3>
      <ol aria-label="Steps of joining">
        ${steps.map(
          step => html`<li class=${step.state}>
            ${icon(step.state === 'done' ? 'check' : step.state === 'failed' ? 'alert' : 'ring')}
            <span>${titles[step.step]}<span class="unseen">, ${stateWords[step.state]}</span></span>
            ${'detail' in step && step.detail ? html`<span class="detail small quiet">${step.detail}</span>` : nothing}
          </li>`,
        )}
      </ol>`
  }
}
customElements.define('mesh-joining', MeshJoining)
