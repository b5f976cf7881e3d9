/** What is known of one thing, as a list of names and values. */
import { css } from 'lit'

export const factsStyles = css`
  dl {
    display: grid;
    grid-template-columns: max-content minmax(0, 1fr);
    gap: 4px 16px;
    margin: 0;
  }
  dt {
    color: var(--ink-quiet);
  }
  dd {
    margin: 0;
    overflow-wrap: anywhere;
  }
`
