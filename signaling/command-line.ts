/** Options of our commands: checked one by one, and a bad one is answered with one line that says what would be right. */
import { parseArgs } from 'node:util'
import { parseOrigin } from './origin.ts'

/** Something the person who typed the command can put right; its message is all they need to see. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  /** 2: the command line is wrong. 1: it is right but cannot be done here and now. */
  readonly exitCode: 1 | 2

  constructor(exitCode: 1 | 2, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}

export interface Flag {
  readonly name: string
  /** Shown after the name in the help; a flag without it takes no value. */
  readonly value?: string
  readonly help: string
}

/** The values of each flag given, in order; flags may repeat, and those without a value have ['']. */
export type Given = ReadonlyMap<string, readonly string[]>

export function parseFlags(args: readonly string[], flags: readonly Flag[]): Given {
  const options = Object.fromEntries(
    flags.map(({ name, value }) => [
      name,
      { type: value === undefined ? 'boolean' : 'string', multiple: true } as const,
    ]),
  )
  const given = new Map<string, string[]>()
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true })
  for (const token of tokens) {
    if (token.kind !== 'option') throw new CommandError(2, `Unexpected ${quote(args[token.index])}. ${seeHelp}`)
    const flag = flags.find(known => known.name === token.name)
    if (flag === undefined) throw new CommandError(2, `There is no option ${token.rawName}. ${seeHelp}`)
    if (flag.value === undefined && token.value !== undefined)
      throw new CommandError(2, `The option ${token.rawName} takes no value.`)
    if (flag.value !== undefined && (token.value === undefined || token.value === ''))
      throw new CommandError(2, `The option ${token.rawName} needs a value: ${token.rawName} ${flag.value}`)
    given.set(token.name, [...(given.get(token.name) ?? []), token.value ?? ''])
  }
  return given
}

export function helpText(usage: string, flags: readonly Flag[]): string {
  const names = flags.map(({ name, value }) => `--${name}${value === undefined ? '' : ` ${value}`}`)
  const width = Math.max(...names.map(name => name.length))
  const lines = flags.map((flag, index) => `  ${(names[index] ?? '').padEnd(width)}  ${flag.help}`)
  return [usage, '', ...lines, ''].join('\n')
}

/** A whole number within its bounds; the last one given wins. */
export function integerFlag(given: Given, name: string, fallback: number, min: number, max: number): number {
  const text = given.get(name)?.at(-1)
  if (text === undefined) return fallback
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw new CommandError(2, `The option --${name} takes a whole number from ${min} to ${max}, not ${quote(text)}.`)
}

export function portFlag(given: Given, fallback: number): number {
  return integerFlag(given, 'port', fallback, 0, 65_535)
}

/** Origins given as flags and in the environment (comma-separated), each `*` or of the form `https://example.org`. */
export function originsFlag(given: Given, environment: string | undefined): readonly string[] {
  const texts = [...(given.get('allow-origin') ?? []), ...(environment ?? '').split(',')]
  const origins = texts.flatMap(text => text.split(',')).map(text => text.trim())
  return origins
    .flatMap(text => {
      if (text === '' || text === '*') return text
      const origin = parseOrigin(text)?.origin
      if (origin !== undefined) return origin
      throw new CommandError(
        2,
        `${quote(text)} is not an origin: write it like https://example.org, or * for any page.`,
      )
    })
    .filter(origin => origin !== '')
}

/** Runs a command; what a person can put right is printed as one line, anything else is a bug and keeps its stack. */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  try {
    await command()
  } catch (error) {
    console.error(error instanceof CommandError ? error.message : error)
    process.exitCode = error instanceof CommandError ? error.exitCode : 1
  }
}

const seeHelp = 'See --help for those there are.'

function quote(text: string | undefined): string {
  return JSON.stringify((text ?? '').slice(0, 80))
}
