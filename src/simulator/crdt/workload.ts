/** What people do to a shared document, drawn by chance: text, map, array, types within types, undo. */

import { integerBelow, type Random } from '../../base/random.ts'
import * as Y from '../../crdt/yjs.ts'
import { chance, oneOf } from '../world/random.ts'

const letters = 'abcdefghij klmnopqrst\nuvwxyzäöü🙂'
const keys = ['a', 'b', 'c', 'd', 'e']
/** Over what a broadcast carries. */
const pasteChars = 63_000

/** One person at one copy of the document. */
export class Editor {
  readonly doc: Y.Doc
  readonly #random: Random
  readonly #undo: Y.UndoManager
  readonly #name: string
  #tokens = 0

  constructor(doc: Y.Doc, random: Random, name: string) {
    this.doc = doc
    this.#random = random
    this.#name = name
    this.#undo = new Y.UndoManager([this.#text, this.#map, this.#array], { captureTimeout: 0 })
  }

  get #text(): Y.Text {
    return this.doc.getText('text')
  }
  get #map(): Y.Map<unknown> {
    return this.doc.getMap('map')
  }
  get #array(): Y.Array<unknown> {
    return this.doc.getArray('array')
  }

  /** Does something; a token that it wrote down for good, if that is what it did. */
  act(): string | undefined {
    const pick = this.#random.next()
    if (pick < 0.35) this.#type()
    else if (pick < 0.5) this.#erase(this.#text)
    else if (pick < 0.55) this.#format()
    else if (pick < 0.65) this.#setKey(this.#map)
    else if (pick < 0.75) this.#editArray(this.#array)
    else if (pick < 0.85) this.#editNested()
    else if (pick < 0.9) this.#undo.undo()
    else if (pick < 0.92) this.#undo.redo()
    else if (pick < 0.923) this.#text.insert(0, 'paste '.repeat(pasteChars / 6))
    else return this.#note()
    return undefined
  }

  /** Whatever a reader of the document can see, as text. */
  static stateOf(doc: Y.Doc): string {
    const text = doc.getText('text')
    const tokens = doc.getArray<string>('tokens').toArray()
    const state = [text.toDelta(), doc.getMap('map').toJSON(), doc.getArray('array').toJSON(), tokens]
    return JSON.stringify(state, (_, value) =>
      isPlain(value) ? Object.fromEntries(Object.entries(value).sort()) : value,
    )
  }

  #note(): string {
    const token = `${this.#name}/${++this.#tokens}`
    const tokens = this.doc.getArray<string>('tokens')
    tokens.insert(integerBelow(this.#random, tokens.length + 1), [token])
    return token
  }

  #type(): void {
    const text = this.#text
    const word = Array.from({ length: 1 + integerBelow(this.#random, 8) }, () => oneOf(this.#random, [...letters]))
    text.insert(this.#place(text), word.join(''))
  }

  /** A place between two characters. Yjs does not converge where somebody cuts one in half, and no editor does (docs/shared-state.md). */
  #place(text: Y.Text): number {
    const at = integerBelow(this.#random, text.length + 1)
    return isInsideCharacter(text, at) ? at - 1 : at
  }

  #erase(text: Y.Text): void {
    const at = this.#place(text)
    const end = Math.min(at + integerBelow(this.#random, 12), text.length)
    text.delete(at, (isInsideCharacter(text, end) ? end - 1 : end) - at)
  }

  #format(): void {
    const text = this.#text
    const at = this.#place(text)
    const end = Math.min(at + integerBelow(this.#random, 20), text.length)
    const length = (isInsideCharacter(text, end) ? end - 1 : end) - at
    if (length > 0) text.format(at, length, { bold: chance(this.#random, 0.5) ? true : null })
  }

  #setKey(map: Y.Map<unknown>): void {
    const key = oneOf(this.#random, keys) ?? 'a'
    if (chance(this.#random, 0.25)) map.delete(key)
    else map.set(key, chance(this.#random, 0.3) ? this.#fresh() : integerBelow(this.#random, 1_000))
  }

  #editArray(array: Y.Array<unknown>): void {
    if (array.length > 0 && chance(this.#random, 0.4)) array.delete(integerBelow(this.#random, array.length), 1)
    else {
      const item = chance(this.#random, 0.3) ? this.#fresh() : integerBelow(this.#random, 1_000)
      array.insert(integerBelow(this.#random, array.length + 1), [item])
    }
  }

  #editNested(): void {
    const nested = [...this.#map.values(), ...this.#array].filter(value => value instanceof Y.AbstractType)
    const one = oneOf(this.#random, nested)
    if (one instanceof Y.Map) this.#setKey(one)
    else if (one instanceof Y.Array) this.#editArray(one)
    else if (one instanceof Y.Text)
      if (chance(this.#random, 0.3)) this.#erase(one)
      else one.insert(this.#place(one), 'nested ')
    else this.#setKey(this.#map)
  }

  #fresh(): Y.Map<unknown> | Y.Array<unknown> | Y.Text {
    return (
      oneOf(this.#random, [() => new Y.Map<unknown>(), () => new Y.Array<unknown>(), () => new Y.Text('t')])?.() ??
      new Y.Text()
    )
  }
}

function isInsideCharacter(text: Y.Text, at: number): boolean {
  const unit = text.toString().charCodeAt(at)
  return unit >= 0xdc00 && unit <= 0xdfff
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
