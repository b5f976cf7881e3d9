/** What commands there are, and what one of them takes: as text. Pure. */
import type { Command } from './command.ts'
import { columns } from './format.ts'
import { optionsOf } from './options.ts'
import type { Registry } from './registry.ts'

/** Undefined where nothing goes by this name. */
export function helpOn(registry: Registry, about: string): string | undefined {
  if (about === '') return overview(registry)
  const command = registry.get(about)
  const group = registry.group(about)
  const parts = [command && helpOf(command), group.length > 0 && listOf(group)].filter(part => part)
  return parts.length > 0 ? parts.join('\n\n') : undefined
}

function overview({ commands }: Registry): string {
  return [
    listOf(commands),
    '`help NAME` says more, for example `help consensus config`. Any command takes --json to give its data.',
    'Text with blanks goes in quotes. JSON needs none: decisions set limits {"agents": 12}',
  ].join('\n\n')
}

function listOf(commands: readonly Command[]): string {
  return columns(commands.map(({ name, summary }) => [name, summary]))
}

export function helpOf(command: Command): string {
  const { name, aliases, summary, examples, positional } = command
  const options = optionsOf(command.options)
  const rows = options.map(({ name, kind, choices, summary, isRequired }) => {
    const value = kind === 'flag' ? '' : ` ${choices.length > 0 ? choices.join('|') : kind.toUpperCase()}`
    return [`--${name}${value}`, `${summary}${isRequired ? '; required' : ''}`]
  })
  const places = positional.map(place =>
    options.find(one => one.name === place)?.isRequired ? place.toUpperCase() : `[${place.toUpperCase()}]`,
  )
  const usage = [name, ...places, ...(options.length > positional.length ? ['[--option value …]'] : [])].join(' ')
  return [
    `${summary}.`,
    `  ${usage}`,
    ...(rows.length > 0 ? [columns(rows, '  ')] : []),
    ...(aliases.length > 0 ? [`Also: ${aliases.join(', ')}`] : []),
    ...(examples.length > 0 ? [`For example:\n${examples.map(example => `  ${example}`).join('\n')}`] : []),
  ].join('\n\n')
}
