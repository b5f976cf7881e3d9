/**
 * Signals of one attempt come out in the order in which they were sent, each once, whichever ways they took: a signal that went
 * through the mesh may be sent again by the server, and either copy may be the first. Pure.
 */
import { dropOldest } from '../base/drop-oldest.ts'
import type { SessionId } from '../base/ids.ts'
import { attemptsOrderedMax, signalsPerAttemptMax } from './limits.ts'

interface Attempt<Signal> {
  /** The number that is handed on next. */
  next: number
  /** What came before its turn. */
  readonly early: Map<number, Signal>
}

export class SignalOrder<Signal> {
  readonly #sent = new Map<string, number>()
  readonly #heard = new Map<string, Attempt<Signal>>()

  /** The number of the next signal of an attempt to a session. */
  number(to: SessionId, attempt: string): number {
    const key = `${to} ${attempt}`
    const number = this.#sent.get(key) ?? 0
    this.#sent.set(key, number + 1)
    dropOldest(this.#sent, attemptsOrderedMax)
    return number
  }

  /** What may be handed on now that this signal came, in order; nothing where it came before, or comes before its turn. */
  arrive(from: SessionId, attempt: string, number: number, signal: Signal): readonly Signal[] {
    const key = `${from} ${attempt}`
    const known: Attempt<Signal> = this.#heard.get(key) ?? { next: 0, early: new Map() }
    this.#heard.set(key, known)
    dropOldest(this.#heard, attemptsOrderedMax)
    if (number < known.next || number >= known.next + signalsPerAttemptMax) return []
    known.early.set(number, signal)
    const due: Signal[] = []
    for (let next = known.early.get(known.next); next !== undefined; next = known.early.get(known.next)) {
      due.push(next)
      known.early.delete(known.next++)
    }
    return due
  }
}
