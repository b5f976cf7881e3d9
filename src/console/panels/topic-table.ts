/** What became of broadcasts, topic by topic: a small table for whoever looks closer. */
import { css, html, nothing } from 'lit'
import type { GossipFigures, TopicFigures } from '../../mesh/types.ts'
import { bytes, count } from '../format.ts'

/** More topics than a person reads. */
const rowsMax = 12

export const topicTableStyles = css`
  details {
    margin-top: 8px;
  }
  summary {
    cursor: pointer;
    font-size: var(--text-small);
    color: var(--ink-quiet);
  }
  .scrolls {
    overflow-x: auto;
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-size: var(--text-small);
    font-variant-numeric: tabular-nums;
  }
  th {
    font-weight: 400;
    color: var(--ink-quiet);
  }
  th,
  td {
    padding: 4px 8px 4px 0;
    text-align: right;
    white-space: nowrap;
  }
  th:first-child,
  td:first-child {
    text-align: left;
  }
`

export function topicTable(gossip: GossipFigures | undefined) {
  if (!gossip || gossip.topics.length === 0) return nothing
  const { sent, received, duplicates } = gossip.batches
  return html`<details>
    <summary>
      Broadcasts by topic: ${count(sent)} batches out, ${count(received)} in, ${count(duplicates)} copies kept away
    </summary>
    <div class="scrolls">
      <table>
        <thead>
          <tr>
            <th scope="col">Topic</th>
            <th scope="col">Published</th>
            <th scope="col">Delivered</th>
            <th scope="col">Copies</th>
            <th scope="col">Dropped</th>
            <th scope="col">Out</th>
            <th scope="col">In</th>
          </tr>
        </thead>
        <tbody>
          ${gossip.topics.slice(0, rowsMax).map(row)}
        </tbody>
      </table>
    </div>
  </details>`
}

function row({ topic, published, delivered, duplicates, dropped, sentBytes, receivedBytes }: TopicFigures) {
  const reasons = Object.entries(dropped).map(([reason, times]) => `${count(times)} ${reason}`)
  return html`<tr>
    <td>${topic}</td>
    <td>${count(published)}</td>
    <td>${count(delivered)}</td>
    <td>${count(duplicates)}</td>
    <td>${reasons.length === 0 ? '0' : reasons.join(', ')}</td>
    <td>${bytes(sentBytes)}</td>
    <td>${bytes(receivedBytes)}</td>
  </tr>`
}
