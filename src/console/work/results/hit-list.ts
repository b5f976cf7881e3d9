/** The lines that a pattern found, with what matched marked, by file and line number; a page at a time. */
import { css, html, LitElement, nothing } from 'lit'
import { count, plural } from '../../format.ts'
import { hitsPageSize } from '../../limits.ts'
import { sharedStyles } from '../../look/styles.ts'
import { findRanges } from './find-ranges.ts'
import type { Range } from './ranges.ts'
import type { HitsResult } from './shapes.ts'

export class HitList extends LitElement {
  static override properties = {
    result: { attribute: false },
    pattern: {},
    flags: {},
    shown: { state: true },
    marks: { state: true },
  }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        gap: 8px;
        justify-items: start;
      }
      ol {
        width: 100%;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        padding: 6px 0;
        border-top: 1px solid var(--hairline);
        content-visibility: auto;
        contain-intrinsic-size: auto 52px;
      }
      .place {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .line {
        overflow-wrap: anywhere;
      }
      mark {
        border-radius: 2px;
        background: var(--mark);
        color: inherit;
        font-weight: 600;
      }
      .total {
        font-size: 1.5rem;
        font-weight: 600;
        line-height: 1.2;
        font-variant-numeric: tabular-nums;
      }
    `,
  ]
  declare result: HitsResult | undefined
  declare pattern: string
  declare flags: string
  declare shown: number
  declare marks: readonly (readonly Range[])[]
  #searched = 0

  constructor() {
    super()
    this.pattern = ''
    this.flags = 'u'
    this.shown = hitsPageSize
    this.marks = []
  }

  override render() {
    const { result } = this
    if (!result) return nothing
    const hits = result.hits.slice(0, this.shown)
    return html`<p>
        <span class="total">${count(result.count)}</span> ${result.count === 1 ? 'line matches' : 'lines match'}${
          result.truncated
            ? html`<span class="quiet">; the first ${count(result.hits.length)} are listed</span>`
            : nothing
        }
      </p>
      <ol aria-label="Lines that match">
        ${hits.map(
          ({ file, line, text }, index) => html`<li>
            <span class="place mono small quiet" title="${file}, line ${line}">${file}:${line}</span>
            <span class="line" dir="auto">${marked(text, this.marks[index] ?? [])}</span>
          </li>`,
        )}
      </ol>
      ${
        result.hits.length > this.shown
          ? html`<button class="plain link small" @click=${this.#more}>
              Show ${plural(Math.min(hitsPageSize, result.hits.length - this.shown), 'more line')}
            </button>`
          : nothing
      }`
  }

  override updated(): void {
    const lines = (this.result?.hits ?? []).slice(this.#searched, this.shown).map(hit => hit.text)
    if (lines.length > 0) void this.#mark(lines)
  }

  async #mark(lines: readonly string[]): Promise<void> {
    this.#searched += lines.length
    const found = await findRanges({ pattern: this.pattern, flags: this.flags, lines })
    this.marks = [...this.marks, ...lines.map((_, index) => found[index] ?? [])]
  }

  #more(): void {
    this.shown += hitsPageSize
  }
}
customElements.define('hit-list', HitList)

function marked(text: string, ranges: readonly Range[]) {
  const parts = []
  let at = 0
  for (const [from, to] of ranges) {
    if (from < at) continue
    parts.push(text.slice(at, from), html`<mark>${text.slice(from, to)}</mark>`)
    at = to
  }
  return [...parts, text.slice(at)]
}
