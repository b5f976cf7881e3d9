/** Light, dark, or whatever the system has; remembered in this browser. Web Awesome knows a theme by a class of the root element. */

export type Theme = 'system' | 'light' | 'dark'
const key = 'tabmesh.theme'
const themes: readonly Theme[] = ['system', 'light', 'dark']

const darkSystem = () => matchMedia('(prefers-color-scheme: dark)')

export function savedTheme(): Theme {
  try {
    const saved = localStorage.getItem(key)
    return themes.find(theme => theme === saved) ?? 'system'
  } catch {
    return 'system' // storage may be forbidden; the system's theme needs none
  }
}

export function nextTheme(theme: Theme): Theme {
  return themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system'
}

function applyTheme(theme: Theme): void {
  const isDark = theme === 'dark' || (theme === 'system' && darkSystem().matches)
  const { classList } = document.documentElement
  classList.toggle('wa-dark', isDark)
  classList.toggle('wa-light', !isDark)
}

export function saveTheme(theme: Theme): void {
  applyTheme(theme)
  try {
    localStorage.setItem(key, theme)
  } catch {
    // Forgotten at the next load, as whoever forbade storage wishes.
  }
}

/** Follows the system for as long as the page lives. */
export function startTheme(): void {
  applyTheme(savedTheme())
  darkSystem().addEventListener('change', () => applyTheme(savedTheme()))
}

/** Calls `changed` whenever the page turns light or dark: what draws on a canvas must read its colours anew. */
export function onThemeChange(changed: () => void): () => void {
  const observer = new MutationObserver(changed)
  observer.observe(document.documentElement, { attributeFilter: ['class'] })
  return () => observer.disconnect()
}
