/** What a panel is: a column that scrolls by itself, its sections, and the hairlines between them. */
import { css } from 'lit'

export const panelStyles = css`
  :host {
    display: block;
    height: 100%;
    overflow: auto;
    scrollbar-width: thin;
  }
  section {
    margin: 0 auto;
    padding: 16px 24px;
    border-top: 1px solid var(--hairline);
  }
  section:first-of-type {
    border-top: 0;
  }
  h2 {
    margin-bottom: 8px;
  }
`
