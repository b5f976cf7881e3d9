/** What the parts of the Decisions panel share: their distance, their headings, their hairlines. */
import { css } from 'lit'

export const sectionStyles = css`
  :host {
    display: block;
    padding: 16px 24px;
    border-top: 1px solid var(--hairline);
  }
  .heading {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    justify-content: space-between;
    gap: 0 16px;
    margin-bottom: 8px;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
  }
  .told {
    display: flex;
    align-items: flex-start;
    gap: 6px;
    overflow-wrap: anywhere;
  }
  .told .icon {
    margin-top: 2px;
  }
  ol,
  ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  @media (max-width: 719px) {
    :host {
      padding-inline: 16px;
    }
  }
`
