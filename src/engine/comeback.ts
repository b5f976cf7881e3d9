/** The moments at which a page finds the world changed: it was hidden, asleep or offline, and its links may be dead without a word. */

export function onComeback(then: () => void): void {
  addEventListener('online', then)
  document.addEventListener('resume', then) // after a freeze (Page Lifecycle); Chromium only
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') then()
  })
  addEventListener('pageshow', then)
}
