/** A typed line and what comes of it. Never rejects: whatever is wrong is said, with what to do about it. */
import { type CommandCall, type Outcome, refusal } from './command.ts'
import { helpOf, helpOn } from './help.ts'
import { cutLine, type Word } from './line.ts'
import type { CommandMesh } from './mesh.ts'
import { readOptions } from './options.ts'
import type { Registry } from './registry.ts'

export async function runLine(
  registry: Registry,
  mesh: CommandMesh | undefined,
  line: string,
  call: CommandCall = {},
): Promise<Outcome> {
  const { words, problem } = cutLine(line)
  if (problem) return refusal('malformed', problem)
  const [first] = words
  if (!first) return refusal('invalid-option', 'Type a command; `help` lists them.')
  if (isHelp(first)) return help(registry, words.slice(1))
  const found = registry.find(words)
  if (!found) return unknown(registry, words)
  const { command } = found
  const rest = words.slice(found.words)
  if (rest.some(({ option }) => option === 'help')) return told('help', helpOf(command))
  const isJson = (word: Word) => word.option === 'json' && !word.hasValue
  const read = readOptions(
    command,
    rest.filter(word => !isJson(word)),
  )
  if ('problem' in read) return refusal('invalid-option', read.problem)
  if (!mesh) return refusal('left', 'This tab is in no room yet: wait until it has joined.')
  const outcome = await command.perform(mesh, read.given, call)
  return outcome.isDone && rest.some(isJson) ? { ...outcome, text: JSON.stringify(outcome.data, null, 2) } : outcome
}

function isHelp({ text, option, isQuoted }: Word): boolean {
  return option === 'help' || (!isQuoted && option === undefined && (text === 'help' || text === '?'))
}

function help(registry: Registry, words: readonly Word[]): Outcome {
  const about = sayingOf(words)
  const text = helpOn(registry, about)
  if (text !== undefined) return told('help', text)
  const found = registry.find(words)
  return found ? told('help', helpOf(found.command)) : unknown(registry, words)
}

function told(command: string, text: string): Outcome {
  return { isDone: true, command, data: text, text }
}

/** Half a name shows what it may go on to; a mistyped one what it is near to. */
function unknown(registry: Registry, words: readonly Word[]): Outcome {
  const said = sayingOf(words)
  const [first = ''] = said.split(' ')
  const group = registry.group(first)
  if (said === first && group.length > 0)
    return refusal('invalid-option', `“${first}” goes on:\n\n${helpOn(registry, first)}`)
  const nearest = registry.nearest(said) ?? registry.nearest(said.split(' ').slice(0, 2).join(' '))
  const advice = nearest
    ? `Did you mean “${nearest}”?`
    : group.length > 0
      ? `There is:\n\n${helpOn(registry, first)}`
      : '`help` lists what there is.'
  return refusal('invalid-option', `There is no command “${said || words[0]?.text || ''}”. ${advice}`)
}

/** The plain words at the beginning. */
function sayingOf(words: readonly Word[]): string {
  const end = words.findIndex(({ option }) => option !== undefined)
  return words
    .slice(0, end < 0 ? words.length : end)
    .map(({ text }) => text.toLowerCase())
    .join(' ')
}
