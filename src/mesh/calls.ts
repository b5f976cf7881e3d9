/**
 * Calls that await an answer: each has a deadline, sends itself again when a link breaks or nothing comes, and is settled once. By the clock it is
 * sent again only when an answer would have come even now that answers take long: else a busy room would drown in what it says twice.
 * While no path leads to a peer its calls wait in a row, so that they arrive in the order in which they were made.
 * On the other side, a call is handled once however often it arrives, and its answer is kept for the next time.
 */
import type { Clock } from '../base/clock.ts'
import { MeshError, toMeshError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import { measured, type RoundTrip, slowMs } from '../base/round-trip.ts'
import type { Frame } from './frame.ts'
import { answersKeptBytesMax, callsInFlightMax, callTimeoutMsMax, handledIdsMax } from './limits.ts'

/** How soon a path is looked for again where there was none, ms; it doubles up to the other. A link that opens needs no wait. */
const pathWaitMsMin = 50
const pathWaitMsMax = 1_000

interface Call {
  readonly to: PeerId
  readonly resend: () => void
  /** Sends it now, though others to this peer wait for a path: it is the first of them. False where there still is none. */
  readonly tryPath: () => Promise<boolean>
  readonly settle: (outcome: Frame | MeshError) => void
}

export interface CallRequest {
  readonly id: string
  readonly to: PeerId
  readonly timeoutMs: number
  readonly retries: number
  readonly signal: AbortSignal | undefined
  /** Sends the frame once; it may fail. */
  readonly transmit: () => Promise<void>
}

/** The calls to one peer to which no path leads. */
interface Row {
  readonly ids: Set<string>
  waitMs: number
  stop: () => void
  isMoving: boolean
}

export class Calls {
  readonly #clock: Clock
  readonly #calls = new Map<string, Call>()
  readonly #rows = new Map<PeerId, Row>()
  readonly #roundTrip: RoundTrip = { smoothRttMs: undefined, rttDeviationMs: 0 }
  #isClosed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves with the answering frame; rejects with `timeout`, `aborted`, `overloaded`, `left`, or what the last attempt to send met. */
  start(request: CallRequest): Promise<Frame> {
    const refusal = this.#refusalOf(request)
    if (refusal) return Promise.reject(refusal)
    const { id, to, timeoutMs, retries, signal } = request
    const { promise, resolve, reject } = Promise.withResolvers<Frame>()

    let attemptsLeft = retries
    let failure: MeshError | undefined
    let stopRetry = () => {}
    const everyMs = timeoutMs / (retries + 1)
    /** True unless nothing left for want of a path; looking for one again costs none of the retries. */
    const transmit = async () => {
      stopRetry()
      if (attemptsLeft > 0) stopRetry = this.#clock.after(Math.max(everyMs, this.slowMs), retry)
      try {
        await request.transmit()
        failure = undefined
      } catch (error) {
        failure = toMeshError(error, 'unreachable')
        const isHopeless = failure.code === 'no-such-peer' || failure.code === 'too-large'
        if (isHopeless || retries === 0) settle(failure)
        else if (failure.code === 'unreachable') {
          stopRetry()
          return false
        }
      }
      return true
    }
    const attempt = async () => {
      if (retries > 0 && this.#rows.has(to)) this.#queue(id, to)
      else if (!(await transmit())) this.#queue(id, to)
    }
    const retry = () => {
      if (attemptsLeft-- > 0) void attempt()
    }
    const stopDeadline = this.#clock.after(timeoutMs, () =>
      settle(failure ?? new MeshError('timeout', `no answer within ${timeoutMs} ms`)),
    )
    const onAbort = () => settle(new MeshError('aborted', 'the call was aborted'))
    const settle = (outcome: Frame | MeshError) => {
      if (!this.#calls.delete(id)) return
      stopRetry()
      stopDeadline()
      signal?.removeEventListener('abort', onAbort)
      if (outcome instanceof MeshError) reject(outcome)
      else resolve(outcome)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#calls.set(id, { to, resend: retry, tryPath: transmit, settle })
    void attempt()
    return promise
  }

  /** An answer came. False where nobody waits for it (any more), or where it is not from who was asked. */
  answer(from: PeerId, frame: Frame): boolean {
    const call = this.#calls.get(frame.header.id)
    if (call?.to !== from) return false
    call.settle(frame)
    return true
  }

  /** What is answered at once took so long, with any peer. */
  measured(rttMs: number): void {
    measured(this.#roundTrip, rttMs)
  }

  /** What a round trip takes when it takes long, ms; 0 before the first. */
  get slowMs(): number {
    return slowMs(this.#roundTrip)
  }

  /** The link to this peer broke: what was on its way may be lost. */
  linkBroke(peer: PeerId): void {
    for (const call of [...this.#calls.values()]) if (call.to === peer) call.resend()
  }

  /** A link opened: whoever waited for a path to this peer need not wait any longer. */
  linkOpened(peer: PeerId): void {
    const row = this.#rows.get(peer)
    if (row) void this.#advance(peer, row)
  }

  /** This peer left the room: nobody will answer. */
  departed(peer: PeerId): void {
    for (const call of [...this.#calls.values()])
      if (call.to === peer) call.settle(new MeshError('disconnected', 'the peer left before it answered'))
  }

  close(): void {
    this.#isClosed = true
    for (const { stop } of this.#rows.values()) stop()
    for (const call of [...this.#calls.values()]) call.settle(new MeshError('left', 'this peer left the mesh'))
  }

  #queue(id: string, to: PeerId): void {
    if (!this.#calls.has(id)) return
    const known = this.#rows.get(to)
    if (known) return void known.ids.add(id)
    const row: Row = { ids: new Set([id]), waitMs: pathWaitMsMin, stop: () => {}, isMoving: false }
    this.#rows.set(to, row)
    this.#lookAgain(to, row)
  }

  #lookAgain(to: PeerId, row: Row): void {
    row.stop = this.#clock.after(row.waitMs, () => void this.#advance(to, row))
    row.waitMs = Math.min(2 * row.waitMs, pathWaitMsMax)
  }

  /** Sends the row, one after the other and in the order of the calls, until it is empty or there is no path again. */
  async #advance(to: PeerId, row: Row): Promise<void> {
    if (row.isMoving) return
    row.isMoving = true
    row.stop()
    for (const [id, call] of this.#calls) {
      if (!row.ids.has(id)) continue
      if (!(await call.tryPath())) break
      row.ids.delete(id)
    }
    row.isMoving = false
    for (const id of row.ids) if (!this.#calls.has(id)) row.ids.delete(id) // settled meanwhile
    if (this.#isClosed || row.ids.size === 0) this.#rows.delete(to)
    else this.#lookAgain(to, row)
  }

  #refusalOf({ signal }: CallRequest): MeshError | undefined {
    if (this.#isClosed) return new MeshError('left', 'this peer left the mesh')
    if (signal?.aborted) return new MeshError('aborted', 'the call was aborted')
    if (this.#calls.size < callsInFlightMax) return undefined
    return new MeshError('overloaded', `${callsInFlightMax} calls are waiting already`)
  }
}

interface HandledCall {
  readonly atMs: number
  /** Undefined while it is being worked out. */
  answer: Frame | undefined
}

/**
 * Which calls of others were handled, and what was answered. Bounded by count and by bytes, and kept no longer than anybody may wait for an
 * answer; the oldest goes first.
 */
export class Handled {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #calls = new Map<string, HandledCall>()
  #bytes = 0

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /** `new` the first time; then the answer that was given, or undefined while it is being worked out. */
  see(from: PeerId, id: string): 'new' | Frame | undefined {
    const key = `${from} ${id}`
    const known = this.#calls.get(key)
    if (known) return known.answer
    this.#calls.set(key, { atMs: this.#clock.monotonicMs(), answer: undefined })
    this.#trim()
    return 'new'
  }

  keep(from: PeerId, answer: Frame): void {
    const known = this.#calls.get(`${from} ${answer.header.id}`)
    if (!known) return
    // It may have been answered before: its id was forgotten while it was worked out, and it came again.
    this.#bytes += answer.body.length - (known.answer?.body.length ?? 0)
    known.answer = answer
    this.#trim()
  }

  #trim(): void {
    const oldestMs = this.#clock.monotonicMs() - callTimeoutMsMax
    for (const [key, { atMs, answer }] of this.#calls) {
      if (this.#calls.size <= handledIdsMax && this.#bytes <= answersKeptBytesMax && atMs >= oldestMs) break
      this.#bytes -= answer?.body.length ?? 0
      this.#calls.delete(key)
    }
  }
}
