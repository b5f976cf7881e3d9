/** A part of a panel that is folded away below the rest until a person asks for it. */
import { css } from 'lit'

export const foldStyles = css`
  details {
    margin-top: 16px;
    border-top: 1px solid var(--hairline);
    padding-top: 12px;
  }
  summary {
    cursor: pointer;
    font-weight: 500;
  }
`
