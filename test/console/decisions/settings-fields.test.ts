import { describe, expect, test } from 'vitest'
import {
  changeOf,
  defaultOf,
  inLabels,
  type Kept,
  keptAfter,
  keptOf,
  type PartName,
  parsedSetting,
  parts,
  problemOf,
  type SettingField,
  type SettingValue,
  shownSetting,
  type Wanted,
} from '../../../src/console/decisions/settings-fields.ts'
import { defaultSettings, settingBounds } from '../../../src/crdt/settings.ts'
import type { SettingsChange } from '../../../src/engine/room-settings.ts'

function field(part: PartName, name: string): SettingField {
  const found = parts[part].fields.find(one => one.name === name)
  if (!found) throw new Error(`${part} has no field ${name}`)
  return found
}

test('there is a field for each setting of gossip, and what it is called by default can be', () => {
  expect(parts.gossip.fields.map(({ name }) => name).sort()).toEqual(Object.keys(defaultSettings).sort())
  for (const part of ['gossip', 'timing'] as const)
    for (const one of parts[part].fields)
      expect(problemOf(part, one, defaultOf(part, one.name)), one.name).toBe(undefined)
})

describe('a text', () => {
  test.each<[PartName, string, string, SettingValue]>([
    ['gossip', 'interval', ' 500 ', 500],
    ['gossip', 'interval', '2,000', 2_000],
    ['gossip', 'interval', '', Number.NaN],
    ['gossip', 'interval', '2 seconds', Number.NaN],
    ['gossip', 'interval', '2,00', Number.NaN],
    ['gossip', 'convergenceThreshold', '0.9', 0.9],
    ['gossip', 'antiEntropy', 'true', true],
    ['gossip', 'antiEntropy', 'false', false],
    ['timing', 'preset', 'lab', 'lab'],
  ])('%s %s "%s" is %s', (part, name, text, value) => expect(parsedSetting(field(part, name), text)).toBe(value))
})

test.each<[PartName, string, SettingValue, string]>([
  ['gossip', 'fanout', 11, '“Compare with” must be a number from 1 to 10.'],
  ['gossip', 'fanout', 2.5, '“Compare with” must be a whole number.'],
  ['gossip', 'interval', Number.NaN, '“Tell what changed every” must be a number from 50 to 60,000.'],
  ['gossip', 'convergenceThreshold', 0.4, '“In agreement from” must be a number from 0.5 to 1.'],
  ['timing', 'electionMs', 60_001, '“Choose another leader after” must be a whole number from 1 to 60,000.'],
])('%s %s = %s is told to be wrong', (part, name, value, words) =>
  expect(problemOf(part, field(part, name), value)).toBe(words),
)

test('bounds that are shown are those that are checked', () => {
  for (const [part, { fields }] of Object.entries(parts) as [PartName, (typeof parts)[PartName]][])
    for (const one of fields.filter(({ bounds }) => bounds)) {
      const [least = 0, most = 0] = one.bounds ?? []
      for (const value of [least, most]) expect(problemOf(part, one, value), one.name).toBe(undefined)
      for (const value of [least - 0.1, most + 1]) expect(problemOf(part, one, value), one.name).toBeDefined()
    }
  expect(field('gossip', 'fanout').bounds).toBe(settingBounds.fanout)
})

describe('what is kept', () => {
  test('is told apart from what is not, and from `auto`, which counts anyway', () => {
    expect(keptOf('gossip', { gossip: { fanout: 3 } })).toStrictEqual({ fanout: 3 })
    expect(keptOf('timing', { timing: { preset: 'auto' } })).toStrictEqual({})
    expect(keptOf('timing', { timing: { preset: 'lab', electionMs: 300 } })).toStrictEqual({
      preset: 'lab',
      electionMs: 300,
    })
    expect(keptOf('timing', undefined)).toStrictEqual({})
  })

  test('leaves times to the preset', () => {
    expect(defaultOf('timing', 'electionMs')).toBe(150)
    expect(defaultOf('timing', 'electionMs', 'internet')).toBe(1_500)
  })
})

describe('a change', () => {
  test.each<[string, PartName, Kept, Wanted, SettingsChange, Kept]>([
    [
      'of gossip',
      'gossip',
      { fanout: 5 },
      { interval: 500 },
      { gossip: { interval: 500 } },
      { fanout: 5, interval: 500 },
    ],
    ['that takes one back', 'gossip', { fanout: 5 }, { fanout: null }, { gossip: { fanout: null } }, {}],
    ['of the preset', 'timing', {}, { preset: 'lab' }, { timing: { preset: 'lab' } }, { preset: 'lab' }],
    [
      'of the preset, which forgets times',
      'timing',
      { electionMs: 300 },
      { preset: 'lab' },
      { timing: { preset: 'lab' } },
      { preset: 'lab' },
    ],
    [
      'of a time',
      'timing',
      { preset: 'lab', electionMs: 300 },
      { heartbeatMs: 40 },
      { timing: { preset: 'lab', electionMs: 300, heartbeatMs: 40 } },
      { preset: 'lab', electionMs: 300, heartbeatMs: 40 },
    ],
    [
      'of a time alone',
      'timing',
      {},
      { heartbeatMs: 40 },
      { timing: { preset: 'auto', heartbeatMs: 40 } },
      { heartbeatMs: 40 },
    ],
    [
      'that takes a time back',
      'timing',
      { preset: 'lab', electionMs: 300 },
      { electionMs: null },
      { timing: { preset: 'lab' } },
      { preset: 'lab' },
    ],
    ['that takes the last time back', 'timing', { electionMs: 300 }, { electionMs: null }, { timing: null }, {}],
    [
      'that takes the preset back',
      'timing',
      { preset: 'lab', electionMs: 300 },
      { preset: null },
      { timing: null },
      {},
    ],
    ['to what counts anyway', 'timing', { preset: 'lab' }, { preset: 'auto' }, { timing: null }, {}],
  ])('%s', (_, part, kept, wanted, change, after) => {
    expect(changeOf(part, kept, wanted)).toEqual(change)
    expect(keptAfter(part, kept, change)).toEqual(after)
  })
})

test('a refusal names fields as they are shown', () => {
  const refusal = 'Nothing was changed. Raft: × electionMs must be at least twice heartbeatMs, or one loss deposes.'
  expect(inLabels('timing', refusal)).toBe(
    'Nothing was changed. “Choose another leader after” must be at least twice “Leader says it is here every”, or one loss deposes.',
  )
})

test('values are shown as people write them', () => {
  expect(shownSetting(field('gossip', 'interval'), 2_000)).toBe('2,000')
  expect(shownSetting(field('gossip', 'antiEntropy'), true)).toBe('on')
  expect(shownSetting(field('timing', 'preset'), 'lab')).toBe('lab')
})
