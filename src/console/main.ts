/**
 * Entry of the page, run as soon as it is here, whether the page is read to its end or not. First the engine's worker, which takes longest to load;
 * then the rest.
 */
import { startEngineWorkerEarly } from '../engine/engine-worker.ts'

/** "Joining…" is shown when joining takes longer than this, ms. */
const wordsAfterMs = 400

holdBack(document.querySelector<HTMLElement>('#boot'))
if (isSecureContext) startEngineWorkerEarly() // elsewhere it could not run, and the page says so
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', open)
else open()

/** To lay out text the browser asks for fonts, and waits: just when it should start the worker. */
function holdBack(words: HTMLElement | null): void {
  if (!words) return
  words.hidden = true
  setTimeout(() => {
    words.hidden = false
  }, wordsAfterMs)
}

function open(): void {
  void import('./open.ts')
  if (isFetched(import.meta.url))
    for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel=later]')) link.rel = 'modulepreload'
}

/** It came over the network, and not from this browser's cache. */
function isFetched(url: string): boolean {
  const [entry] = performance.getEntriesByName(url, 'resource') as PerformanceResourceTiming[]
  return entry === undefined || entry.transferSize > 0
}
