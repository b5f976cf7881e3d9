/** The keys that open the command bar: Ctrl or Cmd with K anywhere, and a slash where nobody types. */

type Key = Pick<
  KeyboardEvent,
  'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'defaultPrevented' | 'isComposing'
>

/** `target` is where it was pressed, inside whatever shadow it is. */
export function opensCommands(event: Key, target: EventTarget | undefined): boolean {
  const { key, ctrlKey, metaKey, altKey, shiftKey, defaultPrevented, isComposing } = event
  if (defaultPrevented || isComposing || altKey) return false
  if (ctrlKey !== metaKey) return !shiftKey && key.toLowerCase() === 'k'
  return !ctrlKey && key === '/' && !isTyping(target)
}

const typing = new Set(['INPUT', 'TEXTAREA', 'SELECT'])

function isTyping(target: EventTarget | undefined): boolean {
  const { tagName = '', isContentEditable = false } = (target ?? {}) as Partial<HTMLElement>
  return isContentEditable || typing.has(tagName)
}

export function keyWords(platform: string): string {
  return /mac|iphone|ipad/iu.test(platform) ? '⌘K' : 'Ctrl K'
}
