/** The command bar: answers above, the line below, no higher than they need. */
import { css } from 'lit'

export const commandBarStyles = css`
  wa-drawer {
    --size: auto;
    --spacing: 0;
    /* What a command does can be watched behind it. */
    --wa-color-overlay-modal: rgb(20 19 16 / 18%);
  }
  wa-drawer::part(dialog) {
    max-height: 80dvh;
    border-top: 1px solid var(--hairline-strong);
  }
  .bar {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    padding-bottom: env(safe-area-inset-bottom);
    color: var(--ink);
  }
  .welcome {
    padding: 16px 24px 12px;
  }
  ol,
  ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .log {
    max-height: min(52dvh, 32rem);
    overflow: auto;
    scrollbar-width: thin;
  }
  .log li {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 6px;
    padding: 12px 24px;
    border-bottom: 1px solid var(--hairline);
  }
  .log li:last-child {
    border-bottom: 0;
  }
  .said {
    display: flex;
    align-items: baseline;
    justify-content: space-between;
    gap: 16px;
    font-weight: 600;
  }
  .said > :first-child {
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .said > :last-child {
    flex: none;
    font-weight: 400;
  }
  pre {
    margin: 0;
    min-width: 0;
    overflow-x: auto;
    scrollbar-width: thin;
    line-height: 1.5;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  pre.table {
    white-space: pre;
  }
  .refused {
    display: grid;
    grid-template-columns: 16px minmax(0, 1fr);
    gap: 8px;
  }
  .refused .icon {
    margin-top: 2px;
  }
  #offered {
    display: grid;
    grid-template-columns: max-content minmax(0, 1fr);
    max-height: 30dvh;
    overflow: auto;
    scrollbar-width: thin;
    padding: 4px 0;
    border-top: 1px solid var(--hairline);
  }
  #offered li {
    display: grid;
    grid-template-columns: subgrid;
    grid-column: 1 / -1;
    align-items: baseline;
    gap: 0 24px;
    padding: 5px 24px 5px 48px;
    cursor: pointer;
  }
  #offered li:hover {
    background: var(--paper-sunk);
  }
  #offered [aria-selected='true'] {
    background: var(--accent-quiet);
  }
  form {
    display: flex;
    align-items: center;
    gap: 8px;
    padding: 8px 16px 8px 24px;
    border-top: 1px solid var(--hairline);
  }
  .prompt {
    color: var(--accent);
  }
  input {
    flex: 1;
    min-width: 0;
    padding: 8px 0;
    border: 0;
    outline: 0;
    background: none;
    color: inherit;
    /* Smaller, and a phone would zoom in. */
    font-size: max(16px, 0.93em);
  }
  input::placeholder {
    color: var(--ink-quiet);
    opacity: 1;
  }
  form:focus-within {
    box-shadow: inset 0 2px 0 var(--accent);
  }
  .close {
    padding: 8px;
  }
  @media (max-width: 719px) {
    .welcome,
    .log li {
      padding-inline: 16px;
    }
    form {
      padding-inline: 16px 8px;
    }
    #offered,
    #offered li {
      grid-template-columns: minmax(0, 1fr);
    }
    #offered li {
      padding-inline: 40px 16px;
    }
  }
`
