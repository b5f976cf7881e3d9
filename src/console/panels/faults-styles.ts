/** The Faults panel: a list, and two forms as narrow as the column. */
import { css } from 'lit'

export const faultsStyles = css`
  section {
    max-width: 560px;
  }
  h2 {
    font-size: var(--text);
  }
  .faults {
    margin: 0 0 12px;
    padding: 0;
    list-style: none;
  }
  .faults li {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 0 12px;
    padding: 6px 0;
    border-top: 1px solid var(--hairline);
  }
  .faults li:first-child {
    border-top: 0;
  }
  .what {
    overflow-wrap: anywhere;
  }
  .who {
    grid-row: 2;
    font-variant-numeric: tabular-nums;
  }
  .heal {
    display: block;
    margin-top: 12px;
  }
  .heal::part(base) {
    width: 100%;
    min-height: 44px;
  }
  .said {
    min-height: 1.5em;
    margin-top: 8px;
  }
  .form {
    display: grid;
    grid-template-columns: repeat(2, minmax(0, 1fr));
    gap: 12px;
  }
  .form label {
    min-width: 0;
    font-size: var(--text-small);
  }
  .where {
    grid-column: 1 / -1;
  }
  .kind {
    grid-column: 1 / -1;
  }
  .hint {
    min-height: 3em;
    margin: 8px 0;
  }
  fieldset {
    margin: 8px 0 12px;
    padding: 0;
    border: 0;
  }
  .side {
    display: flex;
    align-items: center;
    gap: 8px;
    min-height: 32px;
    font-weight: 400;
    cursor: pointer;
  }
  .label {
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
`
