/** Things one under the other, with a hairline between them. */
import { css } from 'lit'

export const rowsStyles = css`
  ul,
  ol {
    display: grid;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  li {
    display: grid;
    gap: 2px;
    padding: 8px 0;
    border-top: 1px solid var(--hairline);
  }
  li:first-child {
    border-top: 0;
  }
`
