/**
 * What a quorum can do without waits a little (the "thrifty" replicas of EPaxos, SOSP 2013): when nothing else is under way, a
 * decision goes first to as many members as must answer, to those who answered first the last time. Where members share a processor,
 * the others would wake, write and answer just when these need it. All of them hear of it `THRIFT_HOLD_MS` later at the latest. Where one
 * decision follows the other, whoever is quick at the moment had better answer: all are asked.
 *
 * Invariants
 * T1  What is held is sent, in its order, before anything later to the same member: to them the wire is only slower.
 * T2  Nothing is held but for a decision that is alone, after `THRIFT_QUIET_MS` without any, nor where members or their roles change.
 */
import type { Clock } from '../../base/clock.ts'
import { THRIFT_HOLD_MS, THRIFT_QUIET_MS } from './limits.ts'
import type { MemberId, RaftMessage } from './messages.ts'
import { majorityOf } from './quorum.ts'
import type { RaftView } from './state.ts'

export class Thrift {
  readonly #clock: Clock
  readonly #send: (to: MemberId, message: RaftMessage) => void
  /** Who answered since the last proposals, the quickest first. */
  #answered: MemberId[] = []
  /** Who is asked at once; undefined where all are. */
  #asked: readonly MemberId[] | undefined
  readonly #held = new Map<MemberId, RaftMessage[]>()
  #beganAtMs = Number.NEGATIVE_INFINITY
  #stop: (() => void) | undefined

  constructor(clock: Clock, send: (to: MemberId, message: RaftMessage) => void) {
    this.#clock = clock
    this.#send = send
  }

  /** So many proposals come now. */
  begin(proposals: number, { role, commit, lastIndex, membership }: RaftView): void {
    const { voters, outgoing } = membership
    const enough = majorityOf(voters.length) - 1
    const quickest = this.#answered.filter(member => voters.includes(member)).slice(0, enough)
    const nowMs = this.#clock.monotonicMs()
    const isQuiet = nowMs - this.#beganAtMs >= THRIFT_QUIET_MS && commit === lastIndex
    const isAlone = isQuiet && proposals === 1 && role === 'leader' && outgoing.length === 0
    this.#beganAtMs = nowMs
    this.#asked = isAlone && quickest.length === enough ? quickest : undefined
    this.#answered = []
  }

  /** What comes next concerns everybody. */
  askAll(): void {
    this.#asked = undefined
  }

  heard(from: MemberId, { kind }: RaftMessage): void {
    if (kind === 'append-ok' && !this.#answered.includes(from)) this.#answered.push(from)
  }

  send(to: MemberId, message: RaftMessage): void {
    if (this.#canWait(to, message)) return this.#hold(to, message)
    this.#release(to)
    this.#send(to, message)
  }

  /** What is held is lost, as a wire may lose it. */
  end(): void {
    this.#stop?.()
    this.#held.clear()
  }

  #canWait(to: MemberId, { kind }: RaftMessage): boolean {
    if (this.#asked === undefined) return false
    return kind === 'commit' || (kind === 'append' && !this.#asked.includes(to))
  }

  #hold(to: MemberId, message: RaftMessage): void {
    const held = this.#held.get(to)
    if (held) held.push(message)
    else this.#held.set(to, [message])
    this.#stop ??= this.#clock.after(THRIFT_HOLD_MS, () => {
      this.#stop = undefined
      for (const member of [...this.#held.keys()]) this.#release(member)
    })
  }

  #release(to: MemberId): void {
    const held = this.#held.get(to)
    this.#held.delete(to)
    for (const message of held ?? []) this.#send(to, message)
  }
}
