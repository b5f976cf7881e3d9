/**
 * Signals between two peers that make a link or mend one: signed by their author for one session of one peer, sealed under the
 * room's key, carried through the mesh or by the signaling server (`signal-routes.ts`). Order per attempt is kept both ways.
 */
import * as v from 'valibot'
import type { PeerId, SessionId } from '../base/ids.ts'
import { signalQueueMax } from '../link/limits.ts'
import type { Remote } from '../link/types.ts'
import type { LinkSignal } from '../link/webrtc/links.ts'
import { signalsPerAttemptMax } from './limits.ts'
import { parseJson } from './parse-json.ts'
import type { Room } from './room.ts'
import { SignalOrder } from './signal-order.ts'
import { openRecord, type Signer, signRecord } from './signed.ts'

const signalSchema = v.strictObject({
  from: v.string(),
  to: v.string(),
  attempt: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  /** Signals of one attempt are numbered from 0, each way. */
  number: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(signalsPerAttemptMax - 1)),
  data: v.pipe(v.string(), v.maxLength(16_384)),
})

export interface SignalsOptions {
  readonly room: Room
  readonly signer: Signer
  readonly session: SessionId
  /** Carries the sealed text; false where it could not be sent now. */
  readonly carry: (to: Remote, sealed: string) => boolean
  readonly onSignal: (from: Remote, signal: LinkSignal) => void
  /** A record of another purpose that came the same way; true where it was of use. */
  readonly onOther?: (record: unknown) => Promise<boolean>
  readonly count: (counter: string) => void
}

const encoder = new TextEncoder()

export class Signals {
  readonly #options: SignalsOptions
  readonly #outgoing = new Queue()
  readonly #incoming = new Queue()
  readonly #order = new SignalOrder<LinkSignal>()

  constructor(options: SignalsOptions) {
    this.#options = options
  }

  send(to: Remote, signal: LinkSignal): void {
    const { signer, session, carry, count } = this.#options
    const number = this.#order.number(to.session, signal.attempt)
    this.#outgoing.add(async () => {
      const record = await signRecord(signer, 'signal', { from: session, to: to.session, number, ...signal })
      const sealed = await this.seal(record)
      if (!carry(to, sealed)) count('signals.not-carried')
    }, count)
  }

  /** Seals a record of another purpose for the same way. */
  seal(record: unknown): Promise<string> {
    return this.#options.room.seal.seal(encoder.encode(JSON.stringify(record)))
  }

  /** `sealed` came from the server or from a peer; either may be hostile. */
  receive(sealed: string): void {
    const { room, session, onSignal, count } = this.#options
    this.#incoming.add(async () => {
      const plain = await room.seal.open(sealed)
      const record = plain && (await openRecord(parseJson(plain), 'signal', signalSchema))
      if (plain && !record && (await this.#options.onOther?.(parseJson(plain)))) return
      if (!record || record.content.to !== session) return count('dropped.signal')
      const { attempt, number, data } = record.content
      const from = { peer: record.by as PeerId, session: record.content.from as SessionId }
      const key = `${from.peer} ${attempt}` // another peer's attempt is none of its business
      for (const signal of this.#order.arrive(from.session, key, number, { attempt, data })) onSignal(from, signal)
    }, count)
  }
}

/** Runs one task after another, and refuses more than a bound. */
class Queue {
  #tail: Promise<void> = Promise.resolve()
  #length = 0

  add(task: () => Promise<void>, count: (counter: string) => void): void {
    if (this.#length >= signalQueueMax) return count('dropped.signal-overflow')
    this.#length++
    this.#tail = this.#tail
      .then(task)
      .catch(() => count('dropped.signal'))
      .finally(() => this.#length--)
  }
}
