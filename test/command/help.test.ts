/** What commands say of themselves, and what a line may go on to. */
import { describe, expect, test } from 'vitest'
import { type CommandMesh, commands, completionsOf, runLine } from '../../src/command/index.ts'
import { completionsMax } from '../../src/command/limits.ts'
import { optionsOf } from '../../src/command/options.ts'

const help = async (line: string) => (await runLine(commands, undefined, line)).text

describe('help', () => {
  test('lists every command with its summary', async () => {
    const text = await help('help')
    const lines = text.split('\n')
    for (const { name, summary } of commands.commands)
      expect(lines.some(line => line.startsWith(`${name} `) && line.endsWith(summary))).toBe(true)
  })

  test('says what one of them takes', async () => {
    const text = await help('help consensus config')
    expect(text).toContain('consensus config [--option value …]')
    expect(text).toContain('--timing auto|lab|internet')
    expect(text).toContain('For example:\n  consensus config')
    expect(await help('consensus config --help')).toBe(text)
  })

  test('says what goes without its name, and what is required', async () => {
    const text = await help('help decisions set')
    expect(text).toContain('decisions set KEY VALUE')
    expect(text).toMatch(/--key TEXT +The key.*; required/)
  })

  test('lists a group', async () => {
    expect((await help('help consensus')).split('\n').map(line => line.split(/ {2,}/)[0])).toEqual([
      'consensus config',
      'consensus status',
      'consensus step-down',
      'consensus verify-quorum',
    ])
  })

  test('of what there is not offers what was meant', async () => {
    expect(await help('help decisions sett')).toContain('Did you mean “decisions set”?')
  })
})

test('every option of every command is explained, and every example is understood', async () => {
  for (const command of commands.commands) {
    for (const option of optionsOf(command.options))
      expect(option.summary, `${command.name} --${option.name}`).not.toBe('')
    for (const example of command.examples) expect(await help(example), example).toMatch(/in no room/) // that far it was read
  }
})

const mesh = {
  id: 'me',
  leader: { host: 'id-of-bob' },
  snapshot: {
    self: { name: 'Ada' },
    decisions: {
      members: [
        { seat: 'voter', host: 'id-of-bob' },
        { seat: 'voter', host: 'id-of-cyd' },
        { seat: 'learner', host: 'me' },
      ],
    },
  },
  peers: [
    { id: 'id-of-bob', name: 'Bob' },
    { id: 'id-of-cyd', name: 'Cyd Moss' },
  ],
  faults: { list: () => [{ id: 'fault-1' }] },
} as unknown as CommandMesh

const offered = (line: string) => completionsOf(commands, line, mesh).map(({ at, text }) => line.slice(0, at) + text)

test.each<[string, readonly string[]]>([
  ['cons', ['consensus config', 'consensus status', 'consensus step-down', 'consensus verify-quorum']],
  ['consensus st', ['consensus status', 'consensus step-down']],
  ['consensus st ', []],
  ['h', ['help']],
  [
    'help dec',
    [
      'help decisions delete',
      'help decisions get',
      'help decisions list',
      'help decisions propose',
      'help decisions set',
    ],
  ],
  ['consensus config --t', ['consensus config --timing']],
  [
    'consensus config --timing ',
    ['consensus config --timing auto', 'consensus config --timing lab', 'consensus config --timing internet'],
  ],
  ['consensus config --timing i', ['consensus config --timing internet']],
  ['consensus config --timing=l', ['consensus config --timing=lab']],
  [
    'consensus config --timing lab --',
    ['--heartbeat-interval', '--election-timeout', '--quorum-size'].map(
      name => `consensus config --timing lab ${name}`,
    ),
  ],
  ['consensus step-down --to ', ['consensus step-down --to Bob', 'consensus step-down --to "Cyd Moss"']],
  ['consensus step-down --to "Cyd', ['consensus step-down --to "Cyd Moss"']],
  ['consensus step-down --agent ', ['consensus step-down --agent Bob']],
  ['faults heal ', ['faults heal fault-1', 'faults heal --id']],
  ['swarm status --verbose ', []],
  ['peers', ['peers ping']],
  ['nothing', []],
])('“%s” goes on to %j', (line, lines) => expect(offered(line)).toEqual(lines))

test('an empty line offers commands, a dozen at most', () => expect(offered('')).toHaveLength(completionsMax))
