import { describe, expect, test } from 'vitest'
import { CommandHistory } from '../../../src/console/command/command-history.ts'
import { commandRememberedCharsMax, commandsRememberedMax } from '../../../src/console/limits.ts'

/** A browser's storage; `stored` is what lies in it. */
function storage(stored?: string) {
  const box = { stored: stored ?? null }
  const api = {
    getItem: () => box.stored,
    setItem(_: string, value: string) {
      box.stored = value
    },
  }
  return { open: () => api }
}

const walk = (history: CommandHistory, ...keys: ('up' | 'down')[]) => {
  let shown = 'draft'
  for (const key of keys) shown = key === 'up' ? history.older(shown) : history.newer(shown)
  return shown
}

describe('the history of commands', () => {
  test('is walked back and forth, and gives the draft back at its end', () => {
    const history = new CommandHistory(storage().open)
    for (const line of ['one', 'two', 'three']) history.add(line)
    expect(walk(history, 'up')).toBe('three')
    history.stay()
    expect(walk(history, 'up', 'up', 'up', 'up')).toBe('one')
    history.stay()
    expect(walk(history, 'up', 'up', 'down')).toBe('three')
    history.stay()
    expect(walk(history, 'up', 'down', 'down')).toBe('draft')
    expect(history.isWalking).toBe(false)
  })

  test('is there again after a reload, and has what other tabs added', () => {
    const { open } = storage()
    const [first, second] = [new CommandHistory(open), new CommandHistory(open)]
    first.add('peers')
    second.add('help')
    expect(new CommandHistory(open).lines).toEqual(['peers', 'help'])
  })

  test('has each line once, the newest last, so many of them, and none that is huge', () => {
    const history = new CommandHistory(storage().open)
    for (let line = 0; line < commandsRememberedMax + 5; line++) history.add(`get ${line}`)
    history.add('get 50')
    history.add('x'.repeat(commandRememberedCharsMax + 1))
    expect(history.lines).toHaveLength(commandsRememberedMax)
    expect(history.lines.at(-1)).toBe('get 50')
    expect(history.lines.filter(line => line === 'get 50')).toHaveLength(1)
  })

  test.each(['{}', 'no json', '[1, 2]', 'null'])('begins anew where %s lies in the storage', stored => {
    expect(new CommandHistory(storage(stored).open).lines).toEqual([])
  })

  test('lasts as long as the page where storage is forbidden', () => {
    const history = new CommandHistory(() => {
      throw new Error('forbidden')
    })
    history.add('peers')
    history.add('help')
    expect(walk(history, 'up', 'up')).toBe('peers')
  })
})
