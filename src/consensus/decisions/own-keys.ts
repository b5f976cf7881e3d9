/** The mesh's own keys of the register, for those parts of it that keep something there. Who uses them writes by compare-and-set only. */
import type { Json } from '../../base/json.ts'
import { isOwnKey } from '../../base/own-keys.ts'
import type { Council } from './council.ts'
import type { DecisionsRegister } from './register.ts'
import type { RegisterCalls } from './register-calls.ts'
import type { Decided, DecidedChange, DecisionOptions, SwapResult } from './types.ts'

/** `undefined` is "not there", as what is expected and as what is to come. */
export interface OwnChange {
  readonly key: string
  readonly expected: Json | undefined
  readonly value: Json | undefined
}

export class OwnKeys {
  readonly #council: Council
  readonly #calls: RegisterCalls
  readonly #register: DecisionsRegister

  constructor(council: Council, calls: RegisterCalls, register: DecisionsRegister) {
    this.#council = council
    this.#calls = calls
    this.#register = register
  }

  get(key: string, options?: DecisionOptions): Promise<Json | undefined> {
    return this.#calls.get(key, options)
  }

  compareAndSet(
    key: string,
    expected: Json | undefined,
    value: Json | undefined,
    options?: DecisionOptions,
  ): Promise<SwapResult> {
    return this.#calls.compareAndSet(key, expected, value, options)
  }

  /** Several as one entry of the log. Returns how many found what they expected. */
  async write(changes: readonly OwnChange[], options?: DecisionOptions): Promise<number> {
    const results = await Promise.all(
      changes.map(({ key, expected, value }) => this.#calls.compareAndSet(key, expected, value, options)),
    )
    return results.filter(({ swapped }) => swapped).length
  }

  /** What the copy at this peer holds, which may lag behind; undefined where there is none. */
  here(prefix: string): readonly Decided[] | undefined {
    return this.#council.hasCopy ? this.#council.bestCopy?.register.list(prefix) : undefined
  }

  /** Through the leader: nobody has anything newer. */
  list(prefix: string, options?: DecisionOptions): Promise<readonly Decided[]> {
    return this.#calls.list(prefix, options)
  }

  /** The leader lives here, so its copy is the newest there is but for what is being decided. */
  get isLeading(): boolean {
    return this.#council.leading !== undefined
  }

  /** Each change that the copy at this peer applies. */
  onChange(listener: (change: DecidedChange) => void): () => void {
    return this.#register.onAny(one => {
      if ('key' in one && isOwnKey(one.key)) listener(one)
    })
  }
}
