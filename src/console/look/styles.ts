/** What every element of the console shares: type, focus, hairlines, and buttons that look like text. */
import { css } from 'lit'

export const sharedStyles = css`
  :host {
    box-sizing: border-box;
  }
  :host([hidden]) {
    display: none !important;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h2,
  h3,
  h4 {
    margin: 0;
    font-weight: 600;
    line-height: 1.3;
  }
  h2 {
    font-size: var(--text-large);
    letter-spacing: -0.005em;
  }
  h3 {
    font-size: var(--text);
  }
  p {
    margin: 0;
  }
  .quiet {
    color: var(--ink-quiet);
  }
  .small {
    font-size: var(--text-small);
  }
  .mono {
    font-family: var(--mono);
    font-size: 0.93em;
    font-variant-numeric: tabular-nums;
  }
  .failed {
    color: var(--failed);
  }
  .healthy {
    color: var(--healthy);
  }
  .suspect {
    color: var(--suspect);
  }
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  svg.icon {
    display: block;
    flex: none;
    width: 16px;
    height: 16px;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.5;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  button.plain {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    padding: 0;
    border: 0;
    border-radius: 3px;
    background: none;
    color: inherit;
    font: inherit;
    text-align: start;
    cursor: pointer;
  }
  button.plain.link {
    color: var(--accent);
    font-weight: 500;
  }
  button.plain.link:hover {
    text-decoration: underline;
    text-underline-offset: 3px;
  }
  button:focus-visible,
  a:focus-visible,
  summary:focus-visible,
  [tabindex]:focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  .dot {
    display: inline-block;
    flex: none;
    width: 10px;
    height: 10px;
    border-radius: 50%;
    background: var(--dot, var(--ink-quiet));
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation-duration: 0s !important;
      transition-duration: 0s !important;
    }
  }
`
