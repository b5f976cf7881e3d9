/** Raft's letters between hosts: bundled by peer and task, in parts where they are large, put together again at the other end. */
import * as v from 'valibot'
import type { PeerId } from '../../base/ids.ts'
import type { Json } from '../../base/json.ts'
import type { Posts } from '../../mesh/words.ts'
import { assembliesMax, bundleMessagesMax, partBytes, partsMax } from './limits.ts'
import { utf8Bytes } from './register/operations.ts'
import { type Letter, parseBundle, partSchema, topics } from './wire.ts'

export interface PostBoxOptions {
  readonly posts: Posts
  readonly self: PeerId
  readonly onLetter: (from: PeerId, letter: Letter) => void
  readonly count: (counter: string) => void
}

interface Assembly {
  readonly parts: (string | undefined)[]
  missing: number
}

export class PostBox {
  readonly #options: PostBoxOptions
  readonly #outgoing = new Map<PeerId, Letter[]>()
  /** Half-read bundles, by sender and number; the oldest is given up first. */
  readonly #assemblies = new Map<string, Assembly>()
  readonly #stops: (() => void)[]
  #isScheduled = false
  #number = 0

  constructor(options: PostBoxOptions) {
    this.#options = options
    const { posts } = options
    this.#stops = [
      posts.onPost(topics.bundle, (payload, from) => this.#read(payload, from)),
      posts.onPost(topics.part, (payload, from) => this.#readPart(payload, from)),
    ]
  }

  send(to: PeerId, letter: Letter): void {
    const waiting = this.#outgoing.get(to)
    if (waiting) waiting.push(letter)
    else this.#outgoing.set(to, [letter])
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => this.#flush())
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }

  #flush(): void {
    this.#isScheduled = false
    const outgoing = [...this.#outgoing]
    this.#outgoing.clear()
    for (const [to, letters] of outgoing) {
      if (to === this.#options.self) for (const letter of letters) this.#options.onLetter(to, letter)
      else while (letters.length > 0) this.#post(to, letters.splice(0, bundleMessagesMax))
    }
  }

  #post(to: PeerId, letters: readonly Letter[]): void {
    const { posts, count } = this.#options
    const isLarge = letters.some(({ message }) => message.kind === 'snapshot' || message.kind === 'append')
    if (!isLarge) return posts.post(to, topics.bundle, letters as unknown as Json)
    const text = JSON.stringify(letters)
    const bytes = utf8Bytes(text)
    if (bytes <= partBytes) return posts.post(to, topics.bundle, encoder.encode(text))
    // UTF-16 units, of which each makes three bytes at most.
    const unitsMax = Math.floor(partBytes / 3)
    const of = Math.ceil(text.length / unitsMax)
    if (of > partsMax) return count('decisions.bundles-too-large')
    const id = this.#number++
    for (let at = 0; at < of; at++)
      posts.post(to, topics.part, { id, at, of, text: text.slice(at * unitsMax, (at + 1) * unitsMax) }, 'bulk')
  }

  #read(payload: unknown, from: PeerId): void {
    const value = payload instanceof Uint8Array ? decoded(payload) : payload
    for (const letter of parseBundle(value)) {
      if (letter instanceof Error) this.#options.count('decisions.dropped.malformed')
      else this.#options.onLetter(from, letter)
    }
  }

  #readPart(payload: unknown, from: PeerId): void {
    const part = v.safeParse(partSchema, payload)
    if (!part.success) return this.#options.count('decisions.dropped.malformed')
    const { id, at, of, text } = part.output
    const key = `${from} ${id}`
    const assembly = this.#assemblies.get(key) ?? {
      parts: new Array<string | undefined>(of).fill(undefined),
      missing: of,
    }
    if (assembly.parts.length !== of || assembly.parts[at] !== undefined) return
    this.#assemblies.set(key, assembly)
    assembly.parts[at] = text
    if (--assembly.missing === 0) {
      this.#assemblies.delete(key)
      return this.#read(encoder.encode(assembly.parts.join('')), from)
    }
    const [oldest] = this.#assemblies.keys()
    if (this.#assemblies.size > assembliesMax && oldest !== undefined) this.#assemblies.delete(oldest)
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function decoded(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch {
    return undefined
  }
}
