/** How discs and lines look. State is never told by colour alone: a suspect's ring is dashed, one who left is grey and fades. */
import { css } from 'lit'

export const graphStyles = css`
  :host {
    display: block;
    position: relative;
    min-height: 0;
    overflow: hidden;
  }
  :host > svg {
    position: absolute;
    inset: 0;
  }
  .dial circle {
    fill: none;
    stroke: var(--hairline);
    stroke-width: 1;
    opacity: 0.7;
  }
  .edge line {
    stroke: var(--hairline-strong);
    opacity: 0.45;
    stroke-linecap: round;
    /* Only what a pointer changes moves softly: values change all the time, and would keep the page painting. */
    transition: opacity var(--quick);
  }
  .edge.own line {
    opacity: 0.9;
  }
  .edge.broadcast line {
    stroke-dasharray: 0.1 5;
    stroke-width: 2.2;
  }
  .edge.relayed line {
    stroke-dasharray: 6 4;
  }
  .edge.far line {
    opacity: 0.14;
  }
  .edge.near line {
    stroke: var(--accent);
    opacity: 1;
  }
  text {
    text-anchor: middle;
    font-family: var(--sans);
    fill: var(--ink);
    paint-order: stroke;
    stroke: var(--paper);
    stroke-width: 4px;
    stroke-linejoin: round;
    pointer-events: none;
    user-select: none;
  }
  .edge text {
    font: 11px var(--mono);
    font-variant-numeric: tabular-nums;
    fill: var(--ink-quiet);
  }
  .disc {
    transition: opacity var(--quick);
  }
  .disc.peer {
    cursor: pointer;
  }
  .disc.far {
    opacity: 0.3;
  }
  .body {
    fill: var(--peer);
  }
  .track {
    fill: var(--paper);
    stroke: var(--hairline);
    stroke-width: 2.5;
  }
  .load {
    fill: none;
    stroke: var(--peer);
    stroke-width: 2.5;
  }
  .halo {
    fill: none;
    stroke: none;
    stroke-width: 1.5;
    pointer-events: all;
  }
  .disc.self .halo,
  .disc.selected .halo {
    stroke: var(--accent);
  }
  .disc.peer:hover .halo {
    stroke: var(--hairline-strong);
  }
  .disc.selected:hover .halo {
    stroke: var(--accent);
  }
  .disc.is-suspect .track {
    stroke: var(--suspect);
    stroke-dasharray: 4 4;
  }
  .disc.other-side .halo {
    stroke: var(--suspect);
    stroke-width: 2;
    stroke-dasharray: 2 4;
    stroke-linecap: round;
  }
  .disc.is-suspect .load {
    stroke: none;
  }
  .departed {
    animation: depart 4s linear forwards;
    --peer: var(--hairline-strong) !important;
  }
  @keyframes depart {
    from {
      opacity: 0.8;
    }
    to {
      opacity: 0;
    }
  }
  text.initials {
    fill: var(--on-peer);
    stroke: none;
    font-weight: 600;
    letter-spacing: 0.02em;
  }
  text.name {
    font-size: 12px;
    font-weight: 500;
  }
  text.note {
    font-size: 11px;
    fill: var(--accent);
    font-weight: 500;
  }
  .is-suspect text.note {
    fill: var(--suspect);
  }
  .departed text.note {
    fill: var(--ink-quiet);
  }
  .legend {
    position: absolute;
    inset: auto 0 0 0;
    display: flex;
    flex-wrap: wrap;
    gap: 4px 16px;
    padding: 0 24px 8px;
    pointer-events: none;
  }
  .legend span {
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
  .legend .edge line {
    opacity: 0.9;
  }
  .disc .crown {
    fill: var(--suspect);
    stroke: var(--paper);
    stroke-width: 1.5;
    stroke-linejoin: round;
    paint-order: stroke;
  }
`
