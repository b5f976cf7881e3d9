/** A whole-page message without any library: shown when the console cannot be. */

export interface PageMessage {
  readonly title: string
  readonly advice: string
  /** One way out, as a link. */
  readonly way?: { readonly words: string; readonly href: string }
}

export function showPageMessage({ title, advice, way }: PageMessage): void {
  const box = document.createElement('main')
  box.className = 'page-message'
  box.id = 'boot'
  box.setAttribute('role', 'alert')
  const heading = document.createElement('h1')
  heading.textContent = title
  const words = document.createElement('p')
  words.textContent = advice
  box.append(heading, words)
  if (way) {
    const anchor = document.createElement('a')
    anchor.href = way.href
    anchor.textContent = way.words
    box.append(anchor)
  }
  document.querySelector('#boot')?.remove()
  document.body.append(box)
}
