/** Lines cut into words, and words made into options: what people type, and what they get wrong. */
import { expect, test } from 'vitest'
import { commands, runLine } from '../../src/command/index.ts'
import { lineCharsMax, lineWordsMax } from '../../src/command/limits.ts'
import { cutLine } from '../../src/command/line.ts'
import { readOptions } from '../../src/command/options.ts'

const textsOf = (line: string) => cutLine(line).words.map(({ text, option }) => (option ? `--${option}=${text}` : text))

test.each<[string, readonly string[]]>([
  ['', []],
  ['  decisions   get\tcolour ', ['decisions', 'get', 'colour']],
  ['set a "two words" \'and "more"\'', ['set', 'a', 'two words', 'and "more"']],
  ['say "a \\"quoted\\" \\\\ word"', ['say', 'a "quoted" \\ word']],
  ['set a {"x": [1, "}"]} b', ['set', 'a', '{"x": [1, "}"]}', 'b']],
  ['set a [1, {"b": "\\""}]', ['set', 'a', '[1, {"b": "\\""}]']],
  ['config --timing lab --fanout=5', ['config', '--timing=', 'lab', '--fanout=5']],
  ['set --value={"a": 1} --key="two words"', ['set', '--value={"a": 1}', '--key=two words']],
  ['set "--timing"', ['set', '--timing']],
  ['it’s don\'t 5"', ['it’s', "don't", '5"']],
])('%s', (line, words) => expect(textsOf(line)).toEqual(words))

test.each<[string, RegExp]>([
  ['set a "open', /A " is missing/],
  ["set a 'open", /A ' is missing/],
  ['set a {"x": [1, 2', /A \] is missing/],
  ['set a {"x": "open', /is missing/],
  ['x'.repeat(lineCharsMax + 1), /characters/],
  ['x '.repeat(lineWordsMax + 1), /words/],
])('a line that cannot be right says why: %.20s', (line, problem) => expect(cutLine(line).problem).toMatch(problem))

test('only a quoted word, or an option in quotes, is meant as text', () => {
  const quoted = cutLine('set a "5" --value="true" --flag').words.map(({ isQuoted }) => isQuoted)
  expect(quoted).toEqual([false, false, true, true, false])
})

function read(line: string) {
  const { words } = cutLine(line)
  const found = commands.find(words)
  if (!found) throw new Error(`no command: ${line}`)
  return readOptions(found.command, words.slice(found.words))
}

test.each<[string, object]>([
  ['decisions set colour red', { key: 'colour', value: 'red' }],
  ['decisions set colour "5"', { key: 'colour', value: '5' }],
  ['decisions set colour 5', { key: 'colour', value: 5 }],
  ['decisions set colour null', { key: 'colour', value: null }],
  ['decisions set --value {"a": 1} colour', { key: 'colour', value: { a: 1 } }],
  ['decisions set "two words" \'{"a": 1}\'', { key: 'two words', value: '{"a": 1}' }],
  ['decisions list', {}],
  ['consensus config --timing=internet --heartbeat-interval 50', { timing: 'internet', 'heartbeat-interval': 50 }],
  ['gossip config --anti-entropy off --fanout 5', { 'anti-entropy': false, fanout: 5 }],
  ['swarm status --verbose', { verbose: true }],
  ['swarm status --verbose on', { verbose: true }],
  ['CONSENSUS Status', {}],
  ['health', {}],
])('%s is understood', (line, given) => expect(read(line)).toEqual({ given }))

test.each<[string, string]>([
  ['consensus config --timing fast', '--timing must be auto, lab or internet, not “fast”.'],
  ['consensus config --timing', '--timing needs a value: auto, lab or internet.'],
  ['consensus config --timing --heartbeat-interval 5', '--timing needs a value: auto, lab or internet.'],
  [
    'consensus config --speed 5',
    '“consensus config” has no option --speed; it has --timing, --heartbeat-interval, --election-timeout or --quorum-size.',
  ],
  ['consensus verify-quorum --hard', '“consensus verify-quorum” has no option --hard, and no others.'],
  ['consensus config --heartbeat-interval soon', '--heartbeat-interval must be a number, not “soon”.'],
  ['consensus config --timing lab --timing lab', '--timing is given twice.'],
  ['gossip config --anti-entropy --fanout', '--fanout needs a value.'],
  ['gossip config --anti-entropy maybe', 'Nothing more was expected after “gossip config”: maybe'],
  ['decisions get', 'key is missing: The key, such as colour or settings/theme. `help decisions get` says more.'],
  ['decisions get a b', 'Nothing more was expected after “decisions get”: b'],
  ['decisions set a {x}', 'This is not JSON: {x}'],
])('%s is refused, and says what to do', (line, problem) => expect(read(line)).toEqual({ problem }))

test.each([
  ['gossip config --fanout 0', /^--fanout: /],
  ['gossip config --fanout 2.5', /^--fanout: /],
  ['gossip config --convergence-threshold 2', /^--convergence-threshold: /],
  ['logs tail --lines 1e9', /^--lines: /],
])('%s names the option whose value is out of bounds', (line, problem) =>
  expect(read(line)).toEqual({ problem: expect.stringMatching(problem) }),
)

const answer = async (line: string) => (await runLine(commands, undefined, line)).text

test.each<[string, RegExp]>([
  ['', /`help` lists/],
  ['consensus', /^“consensus” goes on:\n\nconsensus config .+\nconsensus status/],
  ['consnesus status', /There is no command “consnesus status”\. Did you mean “consensus status”\?/],
  ['consnesus', /Did you mean “consensus”\?/],
  ['decision get x', /Did you mean “decisions get”\?/],
  ['consensus elect', /There is no command “consensus elect”\. There is:\n\nconsensus config/],
  ['make coffee', /There is no command “make coffee”\. `help` lists what there is\./],
  ['decisions get "open', /A " is missing at the end\./],
  ['consensus status', /This tab is in no room yet/],
  ['--timing lab', /There is no command/],
])('“%s” is answered by words that help', async (line, words) => expect(await answer(line)).toMatch(words))

test('whatever is typed, something is said and nothing is thrown', async () => {
  const pieces = [
    'help',
    '--',
    '--=',
    '"',
    "'",
    '{',
    '}',
    '[',
    '\\',
    ' ',
    'set',
    'decisions',
    '__proto__',
    '--__proto__',
    '=x',
    '\u0000',
    '🦊',
  ]
  for (let round = 0; round < 2_000; round++) {
    const line = Array.from(
      { length: 1 + (round % 7) },
      (_, at) => pieces[(round * 7 + at * at * 3 + round * at) % pieces.length],
    ).join(round % 2 ? ' ' : '')
    const outcome = await runLine(commands, undefined, line)
    expect(outcome.text.length, line).toBeGreaterThan(0)
  }
})
