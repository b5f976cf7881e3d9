/** Text fields, alike wherever people type. */
import { css } from 'lit'

export const fieldStyles = css`
  label {
    font-weight: 500;
  }
  .field {
    display: block;
    width: 100%;
    min-width: 0;
    margin-top: 4px;
    padding: 7px 10px;
    border: 1px solid var(--hairline-strong);
    border-radius: var(--radius);
    background: var(--paper-raised);
    color: var(--ink);
    font-size: 0.8125rem;
    line-height: 1.55;
  }
  select.field {
    height: 36px;
    font: inherit;
    font-size: 0.8125rem;
  }
  textarea.field {
    resize: vertical;
    tab-size: 2;
    white-space: pre;
    overflow: auto;
  }
  .field:focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 1px;
  }
  .field[aria-invalid='true'] {
    border-color: var(--failed);
  }
  input[type='checkbox'] {
    width: 16px;
    height: 16px;
    margin: 0;
    accent-color: var(--accent);
  }
`
