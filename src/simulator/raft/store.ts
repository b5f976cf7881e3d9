/** The replicated store that clients use: registers with write and compare-and-set. Reads go beside the log, by read-index. */
import type { Json } from '../../base/json.ts'
import type { StateMachine } from '../../consensus/raft/sessions.ts'
import type { Command } from './wire.ts'

/** What a compare-and-set returns. */
export const casDone = 'done'
export const casMismatch = 'mismatch'

export class Store implements StateMachine {
  #values = new Map<string, Json>()
  readonly #onExecute: (command: Command, index: number) => void

  constructor(onExecute: (command: Command, index: number) => void = () => {}) {
    this.#onExecute = onExecute
  }

  read(key: string): Json {
    return this.#values.get(key) ?? null
  }

  execute(payload: unknown, index: number): Json {
    const command = payload as Command
    this.#onExecute(command, index)
    if (command.f === 'write') {
      this.#values.set(command.key, command.value)
      return casDone
    }
    if (this.read(command.key) !== command.expected) return casMismatch
    this.#values.set(command.key, command.next)
    return casDone
  }

  save(): Json {
    return [...this.#values].sort(([one], [other]) => (one < other ? -1 : 1))
  }

  load(data: unknown): void {
    this.#values = new Map((data ?? []) as [string, Json][])
  }
}
