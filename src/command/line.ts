/**
 * A line cut into words. Quotes hold words together, and a word that begins with a bracket goes on to its end, so that JSON needs no quotes:
 * `decisions set room/settings {"agents": 12}`. Pure.
 */
import { lineCharsMax, lineWordsMax } from './limits.ts'

export interface Word {
  /** What it says; of `--name=value` the value, of `--name` nothing. */
  readonly text: string
  /** Meant as text, whatever it looks like. */
  readonly isQuoted: boolean
  /** The name of `--name` and `--name=value`. */
  readonly option: string | undefined
  /** It is a value, or brings one. */
  readonly hasValue: boolean
  /** Where it begins in the line. */
  readonly at: number
}

export interface Line {
  readonly words: readonly Word[]
  /** What is wrong with it; its words up to there are told all the same. */
  readonly problem: string | undefined
  /** It ends inside its last word, rather than after it. */
  readonly isOpen: boolean
}

const closers: Readonly<Record<string, string>> = { '{': '}', '[': ']' }

export function cutLine(line: string): Line {
  const words: Word[] = []
  const cut = (problem: string | undefined, isOpen: boolean): Line => ({ words, problem, isOpen })
  if (line.length > lineCharsMax) return cut(`A command has at most ${lineCharsMax} characters.`, false)
  for (let at = skipBlanks(line, 0); at < line.length; at = skipBlanks(line, at)) {
    if (words.length >= lineWordsMax) return cut(`A command has at most ${lineWordsMax} words.`, false)
    // Not `\w`: what is no option's name must be told, rather than taken for a value.
    const [named = '', option] = /^--([^\s=]+)(=|(?=\s)|$)/u.exec(line.slice(at)) ?? []
    const hasValue = option === undefined || named.endsWith('=')
    const word = hasValue ? readValue(line, at + named.length) : { text: '', isQuoted: false, end: at + named.length }
    words.push({ text: word.text, isQuoted: word.isQuoted, option, hasValue, at })
    if (word.missing) return cut(`A ${word.missing} is missing at the end.`, true)
    at = word.end
  }
  return cut(undefined, words.length > 0 && !/\s$/u.test(line))
}

interface Read {
  readonly text: string
  readonly isQuoted: boolean
  readonly end: number
  /** What should have closed it. */
  readonly missing?: string
}

function skipBlanks(line: string, from: number): number {
  let at = from
  while (at < line.length && /\s/u.test(line.charAt(at))) at++
  return at
}

function readValue(line: string, from: number): Read {
  const first = line.charAt(from)
  if (first in closers) return readJson(line, from)
  if (first === '"' || first === "'") return readQuoted(line, from)
  let end = from
  while (end < line.length && !/\s/u.test(line.charAt(end))) end++
  return { text: line.slice(from, end), isQuoted: false, end }
}

/** A backslash before a quote or a backslash takes its meaning away. */
function readQuoted(line: string, from: number): Read {
  const quote = line.charAt(from)
  let text = ''
  for (let at = from + 1; at < line.length; at++) {
    const letter = line.charAt(at)
    if (letter === quote) return { text, isQuoted: true, end: at + 1 }
    const next = line.charAt(at + 1)
    if (letter === '\\' && (next === quote || next === '\\')) {
      text += next
      at++
    } else text += letter
  }
  return { text, isQuoted: true, end: line.length, missing: quote }
}

/** To the bracket that closes the first one, strings inside taken as they are. */
function readJson(line: string, from: number): Read {
  const open: string[] = []
  for (let at = from; at < line.length; at++) {
    const letter = line.charAt(at)
    const closer = closers[letter]
    if (letter === '"') {
      at++
      while (at < line.length && line.charAt(at) !== '"') at += line.charAt(at) === '\\' ? 2 : 1
    } else if (closer) open.push(closer)
    else if (letter === open.at(-1)) open.pop()
    if (open.length === 0) return { text: line.slice(from, at + 1), isQuoted: false, end: at + 1 }
  }
  return { text: line.slice(from), isQuoted: false, end: line.length, missing: open.at(-1) ?? '"' }
}
