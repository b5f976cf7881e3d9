/** What a person types over the room's settings, and what arrives meanwhile. */
import { describe, expect, test } from 'vitest'
import { SettingsDraft } from '../../../src/console/decisions/settings-draft.ts'
import type { PartName, SettingField } from '../../../src/console/decisions/settings-fields.ts'
import type { RoomSettings } from '../../../src/engine/room-settings.ts'

const nowMs = 1_000

function draftOf(part: PartName, settings: RoomSettings | undefined) {
  const draft = new SettingsDraft(part)
  draft.follow(settings, 0)
  const field = (name: string) => draft.fields.find(one => one.name === name) as SettingField
  const hear = (settings: RoomSettings) => draft.follow(settings, nowMs).map(({ name }) => name)
  return { draft, field, hear, text: (name: string) => draft.textOf(field(name)) }
}

test('shows what is set, and the default of what is not', () => {
  const { draft, text } = draftOf('gossip', { gossip: { fanout: 5 } })
  expect([text('fanout'), draft.isSet('fanout')]).toEqual(['5', true])
  expect([text('interval'), draft.isSet('interval')]).toEqual(['2000', false])
})

test('asks for what was typed and differs, and for nothing else', () => {
  const { draft, field } = draftOf('gossip', { gossip: { fanout: 5 } })
  draft.type('fanout', '5')
  expect(draft.isChanged).toBe(false)
  draft.type('interval', '500')
  expect(draft.isTyped(field('interval'))).toBe(true)
  expect(draft.ask()).toEqual({ gossip: { interval: 500 } })
  expect(draft.takeBack('fanout')).toEqual({ gossip: { fanout: null } })
})

describe('what arrives', () => {
  test('is shown where nobody types, and told to be somebody else’s', () => {
    const { draft, hear, text } = draftOf('gossip', {})
    expect(hear({ gossip: { fanout: 7 } })).toEqual(['fanout'])
    expect([text('fanout'), draft.changedAtMs('fanout')]).toEqual(['7', nowMs])
    expect(draft.changedAtMs('interval')).toBe(undefined)
  })

  test('never replaces what was typed, and is there once that is discarded', () => {
    const { draft, field, hear, text } = draftOf('gossip', {})
    draft.type('fanout', '4')
    expect(hear({ gossip: { fanout: 7 } })).toEqual(['fanout'])
    expect(text('fanout')).toBe('4')
    expect(draft.valueOf(field('fanout'))).toBe(7)
    draft.discard('fanout')
    expect(text('fanout')).toBe('7')
  })

  test('is no news where this tab asked for it, before or after the answer', () => {
    const { draft, hear, text } = draftOf('gossip', {})
    draft.type('fanout', '4')
    const sent = draft.typed
    draft.ask()
    expect(hear({ gossip: { fanout: 4 } })).toEqual([])
    draft.settled(sent)
    expect([text('fanout'), draft.isChanged, draft.changedAtMs('fanout')]).toEqual(['4', false, undefined])
    draft.takeBack('fanout')
    expect(hear({})).toEqual([])
    expect(hear({ gossip: { fanout: 9 } })).toEqual(['fanout'])
  })

  test('first is no change', () => {
    const { draft, hear } = draftOf('gossip', undefined)
    expect(hear({ gossip: { fanout: 7 } })).toEqual([])
    expect(draft.changedAtMs('fanout')).toBe(undefined)
  })
})

test('what was typed after it was sent stays', () => {
  const { draft, text } = draftOf('gossip', {})
  draft.type('fanout', '4')
  draft.type('interval', '500')
  const sent = draft.typed
  draft.ask()
  draft.type('interval', '5000')
  draft.settled(sent)
  draft.follow({ gossip: { fanout: 4, interval: 500 } }, nowMs)
  expect([text('fanout'), text('interval')]).toEqual(['4', '5000'])
})

test('a new preset shows its own times, and asks for them no more', () => {
  const { draft, text, hear } = draftOf('timing', { timing: { preset: 'lab', electionMs: 300 } })
  expect(text('electionMs')).toBe('300')
  draft.type('preset', 'internet')
  expect(text('electionMs')).toBe('1500')
  expect(draft.ask()).toEqual({ timing: { preset: 'internet' } })
  expect(hear({ timing: { preset: 'internet' } })).toEqual([])
})

test('what cannot be is told, what was not typed is not', () => {
  const { draft, field } = draftOf('gossip', {})
  expect(draft.problemOf(field('fanout'))).toBe(undefined)
  draft.type('fanout', '99')
  expect(draft.problemOf(field('fanout'))).toContain('from 1 to 10')
})
