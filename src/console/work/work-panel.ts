/** The middle column: start jobs, and follow those of the room, newest first. */
import { css, html, LitElement } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { JobId } from '../../base/ids.ts'
import type { JobView } from '../../work/types.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { isActive } from './job-words.ts'
import './job-form.ts'
import './job-item.ts'

export class WorkPanel extends LitElement {
  static override properties = { store: { attribute: false }, chosen: { state: true } }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: block;
        padding: 24px 32px 48px;
        min-width: 0;
      }
      .column {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 16px;
        max-width: 760px;
        margin: 0 auto;
      }
      .empty {
        padding: 24px 0;
        border-top: 1px solid var(--hairline);
      }
      .empty p {
        max-width: 56ch;
      }
      @media (max-width: 719px) {
        :host {
          padding: 16px 16px 32px;
        }
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  /** Jobs that the person opened or closed; the others go by whether they are the newest or under way. */
  declare chosen: ReadonlyMap<JobId, boolean>
  readonly #jobs = new Watch(this, () => this.store?.jobs)

  constructor() {
    super()
    this.chosen = new Map()
  }

  override render() {
    const jobs = [...(this.#jobs.value ?? [])].sort(
      (a, b) => b.submittedAtMs - a.submittedAtMs || (a.id < b.id ? -1 : 1),
    )
    return html`<div class="column">
      <h2>Work</h2>
      <job-form .store=${this.store}></job-form>
      <section class="jobs" aria-label="Jobs">
        ${
          jobs.length > 0
            ? repeat(
                jobs,
                job => job.id,
                (job, index) => this.#item(job, index),
              )
            : html`<div class="empty">
                <h3>No jobs yet</h3>
                <p class="quiet">
                  Run the sample: it counts the words of the Universal Declaration of Human Rights in 446 languages. Every tab
                  takes a part, and the result is the same however many tabs there are.
                </p>
              </div>`
        }
      </section>
    </div>`
  }

  #item(job: JobView, index: number) {
    const isOpen = this.chosen.get(job.id) ?? (index === 0 || isActive(job.state))
    return html`<job-item
      .store=${this.store}
      .job=${job}
      .isOpen=${isOpen}
      @toggle=${() => {
        this.chosen = new Map(this.chosen).set(job.id, !isOpen)
      }}
    ></job-item>`
  }
}
customElements.define('work-panel', WorkPanel)
