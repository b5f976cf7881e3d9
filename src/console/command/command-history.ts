/** Lines that were typed before, in this browser; walked through with the arrow keys, as in any shell. */
import * as v from 'valibot'
import { commandRememberedCharsMax, commandsRememberedMax } from '../limits.ts'

const key = 'tabmesh.commands'
const linesSchema = v.array(v.string())

export class CommandHistory {
  readonly #storage: () => Pick<Storage, 'getItem' | 'setItem'>
  #lines: readonly string[]
  /** Where one is; one past the last is the line that is being typed. */
  #at: number
  #draft = ''

  /** Asking for storage may throw, where it is forbidden. */
  constructor(storage: () => Pick<Storage, 'getItem' | 'setItem'>) {
    this.#storage = storage
    this.#lines = this.#read()
    this.#at = this.#lines.length
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  /** One is looking at a former line. */
  get isWalking(): boolean {
    return this.#at < this.#lines.length
  }

  add(line: string): void {
    // Another tab of this browser may have added some.
    const others = this.#read().filter(other => other !== line)
    const isKept = line.length <= commandRememberedCharsMax
    this.#lines = isKept ? [...others, line].slice(-commandsRememberedMax) : others
    this.stay()
    try {
      this.#storage().setItem(key, JSON.stringify(this.#lines))
    } catch {
      // Remembered until this page is gone.
    }
  }

  /** The line before the one that is shown. */
  older(shown: string): string {
    if (!this.isWalking) this.#draft = shown
    this.#at = Math.max(0, this.#at - 1)
    return this.#lines[this.#at] ?? shown
  }

  /** The line after it; at the end what was being typed. */
  newer(shown: string): string {
    if (!this.isWalking) return shown
    this.#at++
    return this.#lines[this.#at] ?? this.#draft
  }

  /** Whatever is typed from here on is a new line. */
  stay(): void {
    this.#at = this.#lines.length
  }

  #read(): readonly string[] {
    try {
      const parsed = v.safeParse(linesSchema, JSON.parse(this.#storage().getItem(key) ?? '[]'))
      return parsed.success ? parsed.output.slice(-commandsRememberedMax) : []
    } catch {
      return this.#lines ?? []
    }
  }
}
