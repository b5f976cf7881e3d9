/** The options of a command: what its schema says of them, and words of a line made into what it wants. Pure. */
import * as v from 'valibot'
import type { Json } from '../base/json.ts'
import type { Command, OptionsSchema } from './command.ts'
import { anyOf } from './format.ts'
import type { Word } from './line.ts'

export type OptionKind = 'text' | 'number' | 'flag' | 'choice' | 'json'

export interface Option {
  readonly name: string
  readonly kind: OptionKind
  readonly choices: readonly string[]
  /** One line: what it is, and its unit. */
  readonly summary: string
  readonly isRequired: boolean
}

export const text = (summary: string) => v.pipe(v.string(), v.minLength(1), v.description(summary))
export const flag = (summary: string) => v.pipe(v.boolean(), v.description(summary))
export const choice = <const Choices extends readonly string[]>(choices: Choices, summary: string) =>
  v.pipe(v.picklist(choices), v.description(summary))
export const whole = (least: number, most: number, summary: string) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most), v.description(summary))
export const share = (summary: string) => v.pipe(v.number(), v.minValue(0), v.maxValue(1), v.description(summary))
/** JSON; a word that is none stands for itself. */
export const json = (summary: string) =>
  v.pipe(
    v.custom<Json>(value => value !== undefined, 'a value is missing'),
    v.description(summary),
  )

type Schema = v.GenericSchema & { readonly wrapped?: v.GenericSchema; readonly options?: readonly unknown[] }
const kinds: Readonly<Record<string, OptionKind>> = {
  string: 'text',
  number: 'number',
  boolean: 'flag',
  picklist: 'choice',
  custom: 'json',
}

export function optionsOf({ entries }: OptionsSchema): readonly Option[] {
  return Object.entries(entries).map(([name, entry]) => {
    const outer = entry as Schema
    const schema = (outer.wrapped ?? outer) as Schema
    return {
      name,
      kind: kinds[schema.type] ?? 'text',
      choices: (schema.options ?? []).map(String),
      summary: v.getDescription(schema) ?? '',
      isRequired: outer.wrapped === undefined,
    }
  })
}

export type ReadOptions = { readonly given: Readonly<Record<string, unknown>> } | { readonly problem: string }

/** Makes the words behind a command's name into its options, or says in a sentence what is wrong with them. */
export function readOptions(command: Command, words: readonly Word[]): ReadOptions {
  const options = optionsOf(command.options)
  const given: Record<string, unknown> = {}
  const places = [...command.positional]
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as Word
    const name = word.option ?? places.find(place => !(place in given))
    if (name === undefined) return { problem: `Nothing more was expected after “${command.name}”: ${word.text}` }
    const option = options.find(one => one.name === name)
    if (!option) return { problem: noSuchOption(command, name, options) }
    if (name in given) return { problem: `--${name} is given twice.` }
    let value = word.hasValue ? word : undefined
    if (!value && option.kind === 'flag' && !isTruth(words[at + 1])) {
      given[name] = true
      continue
    }
    value ??= words[++at]
    if (!value || (value !== word && value.option !== undefined))
      return { problem: `--${name} needs a value${option.choices.length > 0 ? `: ${anyOf(option.choices)}` : ''}.` }
    const read = readValue(option, value)
    if ('problem' in read) return read
    given[name] = read.value
  }
  const missing = options.find(({ name, isRequired }) => isRequired && !(name in given))
  if (missing) return { problem: `${missing.name} is missing: ${missing.summary}. \`help ${command.name}\` says more.` }
  const checked = v.safeParse(command.options, given)
  if (checked.success) return { given }
  const [issue] = checked.issues
  return { problem: `--${v.getDotPath(issue) ?? '?'}: ${issue.message}` }
}

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  on: true,
  yes: true,
  false: false,
  off: false,
  no: false,
}

function isTruth(word: Word | undefined): boolean {
  return word?.option === undefined && word !== undefined && Object.hasOwn(truths, word.text)
}

function readValue({ name, kind, choices }: Option, word: Word): { value: unknown } | { problem: string } {
  const { text: said, isQuoted } = word
  switch (kind) {
    case 'text':
      return { value: said }
    case 'number':
      return said.trim() !== '' && Number.isFinite(Number(said))
        ? { value: Number(said) }
        : { problem: `--${name} must be a number, not “${said}”.` }
    case 'flag':
      return isTruth(word) ? { value: truths[said] } : { problem: `--${name} is on or off, not “${said}”.` }
    case 'choice':
      return choices.includes(said)
        ? { value: said }
        : { problem: `--${name} must be ${anyOf(choices)}, not “${said}”.` }
    case 'json':
      return jsonOf(said, isQuoted)
  }
}

function jsonOf(said: string, isQuoted: boolean): { value: Json } | { problem: string } {
  if (isQuoted) return { value: said }
  try {
    return { value: JSON.parse(said) as Json }
  } catch {
    return /^[{["]/u.test(said) ? { problem: `This is not JSON: ${said}` } : { value: said }
  }
}

function noSuchOption({ name }: Command, wrong: string, options: readonly Option[]): string {
  const known = options.map(option => `--${option.name}`)
  return `“${name}” has no option --${wrong}${known.length > 0 ? `; it has ${anyOf(known)}` : ', and no others'}.`
}
