import { expect, test } from 'vitest'
import { keyWords, opensCommands } from '../../../src/console/command/command-key.ts'

const plain = {
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  defaultPrevented: false,
  isComposing: false,
}
const place = {
  BODY: { tagName: 'BODY' },
  INPUT: { tagName: 'INPUT' },
  editor: { tagName: 'DIV', isContentEditable: true },
}

test.each<[string, object, keyof typeof place, boolean]>([
  ['Ctrl-K', { key: 'k', ctrlKey: true }, 'BODY', true],
  ['Cmd-K', { key: 'k', metaKey: true }, 'BODY', true],
  ['Ctrl-K where one types', { key: 'k', ctrlKey: true }, 'INPUT', true],
  ['a slash', { key: '/' }, 'BODY', true],
  ['a slash with shift, as some keyboards have it', { key: '/', shiftKey: true }, 'BODY', true],
  ['a slash where one types', { key: '/' }, 'INPUT', false],
  ['a slash in the editor', { key: '/' }, 'editor', false],
  ['k', { key: 'k' }, 'BODY', false],
  ['Ctrl-Shift-K', { key: 'K', ctrlKey: true, shiftKey: true }, 'BODY', false],
  ['Ctrl-Cmd-K', { key: 'k', ctrlKey: true, metaKey: true }, 'BODY', false],
  ['Ctrl-/', { key: '/', ctrlKey: true }, 'BODY', false],
  ['Alt-K', { key: 'k', ctrlKey: true, altKey: true }, 'BODY', false],
  ['what another has taken', { key: 'k', ctrlKey: true, defaultPrevented: true }, 'BODY', false],
  ['half a letter', { key: '/', isComposing: true }, 'BODY', false],
])('%s', (_, pressed, target, opens) => {
  const event = { ...plain, ...pressed } as Parameters<typeof opensCommands>[0]
  expect(opensCommands(event, place[target] as unknown as EventTarget)).toBe(opens)
})

test('keys are called as they are on the keyboard', () => {
  expect([keyWords('MacIntel'), keyWords('Linux x86_64')]).toEqual(['⌘K', 'Ctrl K'])
})
