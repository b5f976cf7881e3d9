/** One bar for a job: each peer's part in that peer's colour, and a legend that says the same in words. */
import { css, html, LitElement, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { styleMap } from 'lit/directives/style-map.js'
import type { JobView } from '../../work/types.ts'
import { peerColour } from '../colour.ts'
import { bytes, count, plural } from '../format.ts'
import { legendPeersMax } from '../limits.ts'
import { sharedStyles } from '../look/styles.ts'
import { legend, segments } from './segments.ts'

export class JobProgress extends LitElement {
  static override properties = { job: { attribute: false } }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        gap: 8px;
      }
      .bar {
        display: flex;
        height: 12px;
        border-radius: 6px;
        background: var(--hairline);
        overflow: hidden;
      }
      .bar i {
        flex: 0 0 auto;
        background: var(--dot);
        box-shadow: inset -1px 0 var(--paper);
        transition: width var(--quick);
      }
      .bar i.running {
        background: repeating-linear-gradient(
          -45deg,
          color-mix(in oklab, var(--dot) 55%, var(--paper)) 0 4px,
          color-mix(in oklab, var(--dot) 25%, var(--paper)) 4px 8px
        );
      }
      ul {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(280px, 100%), 1fr));
        gap: 2px 24px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: grid;
        grid-template-columns: 10px minmax(0, 1fr) 8ch 9ch;
        gap: 8px;
        align-items: center;
      }
      .name {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .number {
        text-align: end;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
    `,
  ]
  declare job: JobView | undefined

  override render() {
    const { job } = this
    if (!job) return nothing
    const { shown, rest } = legend(job.perPeer, legendPeersMax)
    return html`<div
        class="bar"
        role="progressbar"
        aria-label="Progress of ${job.title}"
        aria-valuemin="0"
        aria-valuemax=${job.shards}
        aria-valuenow=${job.shardsDone}
        aria-valuetext="${count(job.shardsDone)} of ${plural(job.shards, 'part')} done"
      >
        ${repeat(
          segments(job),
          segment => segment.peer,
          ({ peer, name, done, running }) => {
            const dot = { '--dot': peerColour(peer) }
            return html`<i title="${name}, done" style=${styleMap({ ...dot, width: percent(done) })} ?hidden=${done === 0}></i
              ><i class="running" title="${name}, under way" style=${styleMap({ ...dot, width: percent(running) })} ?hidden=${running === 0}></i>`
          },
        )}
      </div>
      <ul class="small" aria-label="Parts per peer">
        ${repeat(
          shown,
          part => part.peer,
          part => html`<li style=${styleMap({ '--dot': peerColour(part.peer) })}>
            <span class="dot"></span><span class="name">${part.name}</span>
            <span class="number quiet">${plural(part.done, 'part')}</span>
            <span class="number quiet">${bytes(part.bytes)}</span>
          </li>`,
        )}
        ${
          rest
            ? html`<li>
              <span class="dot"></span><span class="name quiet">${plural(rest.peers, 'other')}</span>
              <span class="number quiet">${plural(rest.done, 'part')}</span>
              <span class="number quiet">${bytes(rest.bytes)}</span>
            </li>`
            : nothing
        }
      </ul>`
  }
}
customElements.define('job-progress', JobProgress)

function percent(part: number): string {
  return `${(100 * part).toFixed(2)}%`
}
