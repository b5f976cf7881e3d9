/** What a line that is being typed may go on to. Pure. */
import type { Command } from './command.ts'
import { completionsMax } from './limits.ts'
import { cutLine, type Word } from './line.ts'
import type { CommandMesh } from './mesh.ts'
import { type Option, optionsOf } from './options.ts'
import type { Registry } from './registry.ts'

export interface Completion {
  /** Where in the line its text goes, in place of all behind it. */
  readonly at: number
  readonly text: string
  readonly summary: string
}

export function completionsOf(registry: Registry, line: string, mesh?: CommandMesh): readonly Completion[] {
  const { words, problem, isOpen } = cutLine(line)
  if (problem && !isOpen) return []
  const last = isOpen ? words.at(-1) : undefined
  const done = last ? words.slice(0, -1) : words
  const found = registry.find(done)
  const offered = found
    ? [
        ...longerNames(registry, done, last),
        ...inCommand(found.command, done.slice(found.words), last, line.length, mesh),
      ]
    : longerNames(registry, done, last)
  return offered.filter(({ at, text }) => line.slice(at) !== text).slice(0, completionsMax)
}

/** Names that begin as the line does; behind `help` too. */
function longerNames(registry: Registry, done: readonly Word[], last: Word | undefined): Completion[] {
  if ([...done, ...(last ? [last] : [])].some(({ isQuoted, option }) => isQuoted || option !== undefined)) return []
  const isHelp = done[0]?.text === 'help'
  const words = isHelp ? done.slice(1) : done
  const said = [...words, ...(last ? [last] : [])].map(({ text }) => text.toLowerCase()).join(' ')
  const start = last ? said : said && `${said} `
  const at = words[0]?.at ?? last?.at ?? (isHelp ? 'help '.length : 0)
  const names = registry.commands.filter(({ name }) => name.startsWith(start))
  const own = names.map(({ name, summary }) => ({ at, text: name, summary }))
  const offersHelp = !isHelp && words.length === 0 && last !== undefined && 'help'.startsWith(said)
  return offersHelp ? [...own, { at, text: 'help', summary: 'What commands there are' }] : own
}

function inCommand(
  command: Command,
  done: readonly Word[],
  last: Word | undefined,
  end: number,
  mesh: CommandMesh | undefined,
): Completion[] {
  const options = optionsOf(command.options)
  const { given, awaited } = readSoFar(command, options, done)
  const typed = last?.hasValue ? last.text.toLowerCase() : ''
  const valuesOf = (option: Option, at: number, prefix = '') =>
    [...option.choices, ...(mesh ? command.suggest(mesh, option.name) : [])]
      .filter(value => value.toLowerCase().startsWith(typed))
      .map(value => ({ at, text: prefix + quoted(value), summary: option.summary }))
  const at = last?.at ?? end
  if (last?.option !== undefined && last.hasValue) {
    const option = options.find(({ name }) => name === last.option)
    return option ? valuesOf(option, at, `--${option.name}=`) : []
  }
  if (awaited) return valuesOf(awaited, at)
  const isName = last?.option !== undefined || last?.text.startsWith('-')
  const place = isName ? undefined : command.positional.find(name => !given.has(name))
  const positional = options.find(({ name }) => name === place)
  const written = last?.option ?? last?.text.replace(/^-+/u, '') ?? ''
  const names = last && !isName ? [] : options.filter(({ name }) => !given.has(name) && name.startsWith(written))
  return [
    ...(positional ? valuesOf(positional, at) : []),
    ...names.map(({ name, summary }) => ({ at, text: `--${name}`, summary })),
  ]
}

/** Which options the words so far have given, and which one still waits for its value. */
function readSoFar(command: Command, options: readonly Option[], words: readonly Word[]) {
  const given = new Set<string>()
  let awaited: Option | undefined
  for (const word of words) {
    if (word.option !== undefined) {
      given.add(word.option)
      awaited = word.hasValue ? undefined : options.find(({ name, kind }) => name === word.option && kind !== 'flag')
    } else if (awaited) awaited = undefined
    else {
      const place = command.positional.find(name => !given.has(name))
      if (place !== undefined) given.add(place)
    }
  }
  return { given, awaited }
}

function quoted(value: string): string {
  return /^[^\s"'{[]+$/u.test(value) && !value.startsWith('--') ? value : JSON.stringify(value)
}
