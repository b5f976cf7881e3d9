/** The icons, drawn here on a 16-pixel grid: nothing is fetched, and all have one stroke. Decoration only; words go with them. */
import { registerIconLibrary } from '@awesome.me/webawesome/dist/components/icon/library.js'
import { html, type SVGTemplateResult, svg } from 'lit'

const shapes = {
  lock: svg`<rect x="3.5" y="7" width="9" height="6.5" rx="1.5"/><path d="M5.5 7V5a2.5 2.5 0 0 1 5 0v2"/>`,
  globe: svg`<circle cx="8" cy="8" r="5.75"/><path d="M2.5 8h11M8 2.25c2 2 2.6 3.8 2.6 5.75S10 11.75 8 13.75C6 11.75 5.4 9.95 5.4 8S6 4.25 8 2.25"/>`,
  check: svg`<path d="m3.5 8.5 3 3 6-7"/>`,
  ring: svg`<circle cx="8" cy="8" r="5"/>`,
  crown: svg`<path d="M2.5 12.5 2 5l3.5 3L8 3.5 10.5 8 14 5l-.5 7.5z"/>`,
  alert: svg`<path d="M8 2.5 14 13H2z"/><path d="M8 6.5v3M8 11.2v.1"/>`,
  cross: svg`<path d="m4 4 8 8m0-8-8 8"/>`,
  share: svg`<path d="M6.5 9.5a2.5 2.5 0 0 0 3.6 0l2.2-2.2a2.5 2.5 0 0 0-3.6-3.6l-.7.7"/><path d="M9.5 6.5a2.5 2.5 0 0 0-3.6 0L3.7 8.7a2.5 2.5 0 0 0 3.6 3.6l.7-.7"/>`,
  system: svg`<rect x="2.5" y="3" width="11" height="7.5" rx="1.2"/><path d="M6 13.5h4"/>`,
  light: svg`<circle cx="8" cy="8" r="2.75"/><path d="M8 1.75v1.5M8 12.75v1.5M1.75 8h1.5M12.75 8h1.5M3.6 3.6l1 1M11.4 11.4l1 1M12.4 3.6l-1 1M4.6 11.4l-1 1"/>`,
  dark: svg`<path d="M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z"/>`,
  copy: svg`<rect x="5.5" y="5.5" width="7.5" height="7.5" rx="1.5"/><path d="M10.5 3.5v-.2a.8.8 0 0 0-.8-.8H3.8a1.3 1.3 0 0 0-1.3 1.3v5.9a.8.8 0 0 0 .8.8h.2"/>`,
  download: svg`<path d="M8 2.5v7.5m-3-3 3 3 3-3M3 13.5h10"/>`,
  file: svg`<path d="M4 2.5h5l3 3v8H4z"/><path d="M9 2.5v3h3"/>`,
  play: svg`<path d="M5 3.2v9.6L12.5 8z"/>`,
  retry: svg`<path d="M12.8 8a4.8 4.8 0 1 1-1.5-3.5M12.8 2v3h-3"/>`,
  down: svg`<path d="m4 6 4 4 4-4"/>`,
  command: svg`<path d="m3 4.5 3.5 3.5L3 11.5M8.5 12H13"/>`,
  tab: svg`<path d="M6.5 3.5h-3v9h9v-3"/><path d="M9 3h4v4M13 3 7.5 8.5"/>`,
  mesh: svg`<circle cx="4" cy="4.5" r="1.75"/><circle cx="12" cy="5.5" r="1.75"/><circle cx="7" cy="12" r="1.75"/><path d="m5.7 4.8 4.6.5M4.7 6l1.7 4.4M11 7l-3 3.6"/>`,
  work: svg`<path d="M2.5 4h11M2.5 8h7.5M2.5 12h4.5"/>`,
  shared: svg`<path d="M3.5 2.5h9v11h-9z"/><path d="M5.75 5.5h4.5M5.75 8h4.5M5.75 10.5h2.5"/>`,
  events: svg`<circle cx="8" cy="8" r="5.75"/><path d="M8 4.75V8l2.25 1.5"/>`,
  agents: svg`<circle cx="8" cy="5" r="2.5"/><path d="M3 13.5c.3-3 2.2-4.5 5-4.5s4.7 1.5 5 4.5"/>`,
  faults: svg`<path d="M9 1.75 3.5 9H8l-1 5.25L12.5 7H8z"/>`,
  split: svg`<path d="M8 1.75v12.5" stroke-dasharray="2.2 2.2"/><circle cx="3.5" cy="8" r="1.75"/><circle cx="12.5" cy="8" r="1.75"/>`,
  metrics: svg`<path d="M2.5 13.5h11M3 10.5l3-3.5 2.5 2L13 3.5"/>`,
}
export type IconName = keyof typeof shapes

export function icon(name: IconName) {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">${shapes[name] satisfies SVGTemplateResult}</svg>`
}

/** Web Awesome would fetch icons from a content network. Whatever asks for one of its own gets none. */
export function keepIconsLocal(): void {
  for (const library of ['default', 'system']) registerIconLibrary(library, { resolver: () => '' })
}
