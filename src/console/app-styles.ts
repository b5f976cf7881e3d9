/** The frame of the console at its three widths; 1100 and 720 pixels are where `app.ts` changes what is shown. */
import { css } from 'lit'

export const appStyles = css`
  :host {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    grid-template-rows: auto auto minmax(0, 1fr) auto;
    /* Holds what is positioned inside: words for screen readers alone must not make the page scroll. */
    position: relative;
    height: 100dvh;
    overflow: hidden;
    color: var(--ink);
  }
  main {
    display: grid;
    min-height: 0;
  }
  section {
    display: grid;
    grid-template: minmax(0, 1fr) / minmax(0, 1fr);
    min-width: 0;
    min-height: 0;
  }
  section[hidden] {
    display: none;
  }
  .work {
    display: block;
    overflow: auto;
    scrollbar-width: thin;
    scrollbar-gutter: stable;
  }
  main.blocked {
    display: block;
    overflow: auto;
  }

  main.wide {
    grid-template-columns: minmax(360px, 30vw) minmax(0, 1fr) minmax(340px, 28vw);
  }
  main.wide .mesh,
  main.medium .mesh {
    border-right: 1px solid var(--hairline);
  }
  main.wide .side {
    border-left: 1px solid var(--hairline);
  }

  main.medium {
    grid-template-columns: minmax(320px, 42vw) minmax(0, 1fr);
    grid-area: 3 / 1 / 5 / 2;
  }
  main.medium .work,
  main.medium .side {
    margin-top: 48px;
  }

  main.narrow {
    display: block;
    overflow: auto;
  }
  main.narrow section {
    height: 100%;
  }
  main.narrow .mesh,
  main.narrow .work {
    display: block;
    height: auto;
    overflow: visible;
    scrollbar-gutter: auto;
  }
  main.narrow [hidden] {
    display: none;
  }

  nav button {
    display: grid;
    justify-items: center;
    border: 0;
    background: none;
    color: var(--ink-quiet);
    font: inherit;
    cursor: pointer;
  }
  nav button:focus-visible {
    outline-offset: -3px;
  }
  nav.narrow {
    display: grid;
    grid-auto-columns: minmax(max-content, 1fr);
    grid-auto-flow: column;
    overflow-x: auto;
    scrollbar-width: none;
    border-top: 1px solid var(--hairline);
    padding-bottom: env(safe-area-inset-bottom);
    background: var(--paper);
  }
  nav.narrow button {
    gap: 2px;
    min-width: 44px;
    padding: 8px 3px 6px;
    border-top: 2px solid transparent;
    font-size: 0.6875rem;
  }
  nav.narrow [aria-current] {
    border-top-color: var(--accent);
    color: var(--accent);
    font-weight: 600;
  }
  /* Over the second column, above what it chooses. */
  nav.medium {
    grid-area: 3 / 1;
    align-self: start;
    display: flex;
    height: 48px;
    margin-inline-start: max(320px, 42vw);
    padding-inline: 20px;
    border-bottom: 1px solid var(--hairline);
  }
  nav.medium button {
    align-content: center;
    margin-bottom: -1px;
    padding: 0 12px;
    border-bottom: 2px solid transparent;
  }
  nav.medium .icon {
    display: none;
  }
  nav.medium [aria-current] {
    border-bottom-color: var(--accent);
    color: var(--accent);
  }
`
