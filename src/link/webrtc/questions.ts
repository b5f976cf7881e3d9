/** Questions of the engine to its page, each answered once or not at all: a frozen page keeps nobody waiting. */
import type { Clock } from '../../base/clock.ts'
import type { ToEngine } from './protocol.ts'

type Answer = Extract<ToEngine, { kind: 'answer' }>

export class Questions {
  readonly #clock: Clock
  readonly #open = new Map<number, (value: Answer['value']) => void>()
  #asked = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves with undefined where no answer comes in time. */
  ask(timeoutMs: number, post: (ask: number) => void): Promise<Answer['value']> {
    const ask = ++this.#asked
    const { promise, resolve } = Promise.withResolvers<Answer['value']>()
    const stop = this.#clock.after(timeoutMs, () => this.answered({ kind: 'answer', ask, value: undefined }))
    this.#open.set(ask, value => {
      stop()
      resolve(value)
    })
    post(ask)
    return promise
  }

  answered({ ask, value }: Answer): void {
    this.#open.get(ask)?.(value)
    this.#open.delete(ask)
  }
}
