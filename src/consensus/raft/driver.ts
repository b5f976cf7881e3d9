/**
 * Runs one member's machine: gives it time, messages, proposals and the disk's answers, one at a time, and performs its effects in
 * order (docs/raft.md, "Driving the core"). What src/simulator/raft/member.ts is, with real I/O: clock, disk and wire are handed in.
 *
 * Invariants
 * V1  One step at a time; what its effects bring about is queued.
 * V2  Every proposal and read is answered once: refused, done, or lost with the machine.
 * V3  A disk that fails, or belongs to a later life, ends this life at once, and nothing that waited for it was ever sent.
 */
import { Alarm } from '../../base/alarm.ts'
import { type MeshError, toMeshError } from '../../base/errors.ts'
import type { Answer, ReadAnswer } from './answers.ts'
import type { DriverParts } from './driver-parts.ts'
import { DOUBT_SILENCE_MS, DRIVER_WAITING_MAX, SEEK_VOTES_MS } from './limits.ts'
import type { Entry, MemberId, MembershipChange, RaftMessage } from './messages.ts'
import { Pace, paceSettings } from './pace.ts'
import type { Effect, Input, Proposal, Raft, RaftClocks, RaftView } from './state.ts'
import { createRaft } from './step.ts'
import { Thrift } from './thrift.ts'

interface Waiting {
  readonly term: number
  readonly answer: (answer: Answer) => void
}

export class RaftDriver {
  readonly #parts: DriverParts
  readonly #raft: Raft
  readonly #pace: Pace
  readonly #thrift: Thrift
  #clocks: RaftClocks
  readonly #inputs: (() => Input | undefined)[] = []
  readonly #waiting = new Map<number, Waiting>()
  readonly #reads = new Map<number, (answer: ReadAnswer) => void>()
  /** Proposals that gather for the next step, and who asked for each. */
  #gathered: { readonly proposal: Proposal; readonly answer: (answer: Answer) => void }[] = []
  #asked: readonly ((answer: Answer) => void)[] = []
  #isGathering = false
  #isStepping = false
  #isWriting = false
  #hasEnded = false
  /** Why the machine is being halted, where it is not by another's will. */
  #failure: MeshError | undefined
  #readId = 0
  #soughtAtMs = 0
  #leaderHeardAtMs = Number.NEGATIVE_INFINITY
  #tickedAtMs: number
  readonly #alarm: Alarm

  constructor(parts: DriverParts) {
    this.#parts = parts
    const { config, clock, restored } = parts
    this.#raft = createRaft(config, restored)
    this.#clocks = config
    this.#pace = new Pace(paceSettings(config, parts.isAutoPaced))
    this.#thrift = new Thrift(clock, (to, message) => this.#send(to, message))
    this.#tickedAtMs = clock.monotonicMs()
    this.#alarm = new Alarm(clock, (lateMs, nowMs) => {
      this.#pace.late(lateMs, nowMs)
      this.#run()
    })
    this.#setAlarm()
  }

  get view(): RaftView {
    return this.#raft.view
  }

  /** Times slower than the preset at which this member's clock runs. */
  get pace(): number {
    return this.#pace.own(this.#parts.clock.monotonicMs())
  }

  receive(from: MemberId, host: string, message: RaftMessage, pace: number | undefined): void {
    this.#thrift.heard(from, message)
    this.#step({ kind: 'message', from, host, message })
    if (message.kind === 'vote-request' && message.pre) this.#reassure(message.term)
    // Only now is it known whether the machine takes it for its leader.
    if (pace === undefined || this.view.leader !== from) return
    this.#leaderHeardAtMs = this.#parts.clock.monotonicMs()
    this.#repace(() => this.#pace.heard(pace))
  }

  /** Those of one task, and those that come while the disk is busy, are one step and one write. */
  propose(proposal: Proposal): Promise<Answer> {
    if (this.#hasEnded) return Promise.resolve({ kind: 'lost' })
    if (this.#gathered.length + this.#waiting.size >= DRIVER_WAITING_MAX) {
      const leader = this.view.leader
      return Promise.resolve({ kind: 'refused', reason: 'too-many-uncommitted', leader, detail: '' })
    }
    return new Promise(answer => {
      this.#gathered.push({ proposal, answer })
      this.worked()
      if (this.#isGathering || this.#isWriting) return
      this.#isGathering = true
      queueMicrotask(() => {
        this.#isGathering = false
        this.#flush()
      })
    })
  }

  reconfigure(change: MembershipChange): Promise<Answer> {
    return this.#ask({ kind: 'reconfigure', change })
  }

  /** Resolves with a refusal, or with undefined once a handover has begun; `view.transferTarget` tells its end. */
  transfer(target: MemberId): Promise<Answer | undefined> {
    return new Promise(resolve => {
      this.#later({ kind: 'transfer', target }, resolve)
      this.#inputs.push(() => void resolve(undefined))
      this.#run()
      if (this.#hasEnded) resolve({ kind: 'lost' })
    })
  }

  /** Resolves when what was decided before this call is applied here; at the leader only. */
  read(): Promise<ReadAnswer> {
    if (this.#hasEnded || this.#reads.size >= DRIVER_WAITING_MAX) {
      const reason = this.#hasEnded ? 'halted' : 'too-many-reads'
      return Promise.resolve({ kind: 'refused', reason, leader: undefined })
    }
    return new Promise(answer => {
      const id = this.#readId++
      this.#reads.set(id, answer)
      this.worked()
      this.#step({ kind: 'read', id })
    })
  }

  campaign(): void {
    this.worked()
    this.#step({ kind: 'campaign' })
  }

  /**
   * The leader's host is known to be gone (a goodbye, a released lock): its time is up now, not at the timeout. From here on votes
   * are granted; a campaign begins when the rest of the timeout is over, or by `campaign`.
   */
  leaderIsGone(): void {
    if (this.#hasEnded || this.view.role === 'leader') return
    this.worked()
    const { electionTicks } = this.#clocks
    const ticks = Math.min(electionTicks, this.view.ticksToDeadline - 1)
    if (ticks > 0) this.#step({ kind: 'tick', ticks })
  }

  /**
   * The leader answers nothing, and may be beyond a cut: the others are asked at once whether they hear it (pre-vote, E3, E4). One
   * that was heard just now is only busy; doubted by all whom it keeps waiting, it would be deposed.
   */
  doubtLeader(leader: MemberId): void {
    if (this.#hasEnded || this.view.role !== 'follower' || this.view.leader !== leader) return
    if (this.#parts.clock.monotonicMs() - this.#leaderHeardAtMs < DOUBT_SILENCE_MS) return
    this.worked()
    this.#step({ kind: 'tick', ticks: this.view.ticksToDeadline })
  }

  /** Work waits and nobody leads: the pre-vote that the others did not grant yet is asked for again, not only after a timeout. */
  seekVotes(): void {
    const nowMs = this.#parts.clock.monotonicMs()
    if (this.#hasEnded || this.view.role !== 'pre-candidate' || nowMs - this.#soughtAtMs < SEEK_VOTES_MS) return
    this.#soughtAtMs = nowMs
    this.#step({ kind: 'campaign' })
  }

  /** A follower doubts the leader that lives here: it is told at once, for a resting leader would let it wait for a second. */
  #reassure(term: number): void {
    if (this.#hasEnded || this.view.role !== 'leader' || term !== this.view.term + 1) return
    this.worked()
    this.#step({ kind: 'tick', ticks: this.view.ticksToDeadline })
  }

  unreachable(member: MemberId): void {
    this.#step({ kind: 'unreachable', member })
  }

  /** Somebody has work for this member: it must not rest. */
  worked(): void {
    this.#repace(() => this.#pace.worked(this.#parts.clock.monotonicMs()))
  }

  /** The slowest round trip to another voter's host, ms. */
  measured(rttMs: number): void {
    this.#repace(() => this.#pace.measured(rttMs))
  }

  /** Other clocks from now on; those that follow keep theirs until they are told. */
  retime(clocks: RaftClocks, isAutoPaced: boolean): void {
    this.#repace(() => {
      this.#clocks = clocks
      this.#pace.retime(paceSettings(clocks, isAutoPaced))
      this.#tickedAtMs = this.#parts.clock.monotonicMs()
      this.#step({ kind: 'retime', clocks })
    })
  }

  /** This host may act for the member no more. Final. */
  halt(): void {
    if (this.#hasEnded) return
    this.#step({ kind: 'halt' })
    this.#end(undefined)
  }

  #ask(input: Extract<Input, { kind: 'reconfigure' }>): Promise<Answer> {
    if (this.#hasEnded) return Promise.resolve({ kind: 'lost' })
    return new Promise(answer => {
      this.#later(input, answer)
      this.#run()
    })
  }

  #later(input: Input, answer: (answer: Answer) => void): void {
    this.worked()
    this.#inputs.push(() => {
      this.#thrift.askAll()
      this.#asked = [answer]
      return input
    })
  }

  #flush(): void {
    if (this.#gathered.length === 0 || this.#isWriting || this.#hasEnded) return
    const gathered = this.#gathered
    this.#gathered = []
    this.#inputs.push(() => {
      this.#thrift.begin(gathered.length, this.view)
      this.#asked = gathered.map(({ answer }) => answer)
      return { kind: 'propose', proposals: gathered.map(({ proposal }) => proposal) }
    })
    this.#run()
  }

  #step(input: Input): void {
    this.#inputs.push(() => input)
    this.#run()
  }

  #run(): void {
    if (this.#isStepping || this.#hasEnded) return
    this.#isStepping = true
    try {
      this.#passTime()
      for (let next = this.#inputs.shift(); next && !this.#hasEnded; next = this.#inputs.shift()) {
        const input = next()
        if (input) for (const effect of this.#raft.step(input)) this.#perform(effect)
      }
    } catch (thrown) {
      // A broken invariant: whatever this machine would do next may be wrong, so it does nothing any more.
      this.#end(toMeshError(thrown, 'malformed'))
    }
    this.#isStepping = false
    if (this.#hasEnded) return
    const { commit, lastIndex, isBringingUp } = this.view
    const isIdle = commit === lastIndex && this.#reads.size === 0 && !isBringingUp
    this.#pace.rest(isIdle, this.#parts.clock.monotonicMs())
    this.#setAlarm()
  }

  /** The ticks that have passed come first, or a message would seem to come before its time. */
  #passTime(): void {
    const nowMs = this.#parts.clock.monotonicMs()
    const tickMs = this.#clocks.tickMs * this.#pace.own(nowMs)
    const ticks = Math.floor((nowMs - this.#tickedAtMs) / tickMs + 1e-6)
    if (ticks <= 0) return
    this.#tickedAtMs = ticks > 2 * this.#clocks.electionTicks ? nowMs : this.#tickedAtMs + ticks * tickMs
    for (const effect of this.#raft.step({ kind: 'tick', ticks })) this.#perform(effect)
  }

  /** What passed so far passed at the old pace. */
  #repace(change: () => void): void {
    if (this.#hasEnded) return
    const { clock } = this.#parts
    const before = this.#pace.own(clock.monotonicMs())
    if (!this.#isStepping) this.#run()
    change()
    if (this.#pace.own(clock.monotonicMs()) !== before) this.#tickedAtMs = clock.monotonicMs()
    if (!this.#isStepping) this.#setAlarm()
  }

  #setAlarm(): void {
    const tickMs = this.#clocks.tickMs * this.#pace.own(this.#parts.clock.monotonicMs())
    this.#alarm.set(this.#tickedAtMs + this.view.ticksToDeadline * tickMs)
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case 'persist':
        return void this.#persist(effect)
      case 'send':
        return this.#thrift.send(effect.to, effect.message)
      case 'apply':
        return this.#apply(effect.entries)
      case 'restore':
        this.#parts.machine.load(effect.snapshot.data)
        this.#loseUpTo(effect.snapshot.index)
        return this.#step({ kind: 'applied', index: effect.snapshot.index })
      case 'accepted':
        return this.#accepted(effect)
      case 'refused':
        return this.#refused(effect)
      case 'read-ready':
        return this.#answerRead(effect.id, { kind: 'ready', index: effect.index })
      case 'read-refused':
        return this.#answerRead(effect.id, { kind: 'refused', reason: effect.reason, leader: effect.leader })
      case 'snapshot-needed':
        return this.#step({ kind: 'snapshot-taken', index: effect.applied, data: this.#parts.machine.save() })
      case 'role':
        this.#thrift.askAll()
        this.#pace.role(effect.role === 'leader', effect.leader !== undefined, this.#parts.clock.monotonicMs())
        if (effect.role === 'halted') this.#end(this.#failure)
        return this.#parts.onRole?.(this.view)
      case 'membership':
        return this.#parts.onMembership?.(effect.membership)
      case 'dropped':
        return this.#parts.onDropped?.(effect.from, effect.reason, effect.generation)
      case 'transfer-ended':
        return
    }
  }

  async #persist({ token, hard, snapshot, keepFrom, keepTo, entries }: Extract<Effect, { kind: 'persist' }>) {
    this.#isWriting = true
    try {
      const written = await this.#parts.write({ hard, snapshot, keepFrom, keepTo, entries })
      this.#isWriting = false
      if (this.#hasEnded) return
      if (written === 'fenced') return this.halt()
      this.#step({ kind: 'persisted', token })
      this.#flush()
      this.#parts.onProgress?.()
    } catch (thrown) {
      if (this.#hasEnded) return
      this.#failure = toMeshError(thrown, 'storage-lost')
      this.#step({ kind: 'halt' })
      this.#end(this.#failure)
    }
  }

  #send(to: MemberId, message: RaftMessage): void {
    const isLeading = this.view.role === 'leader'
    this.#parts.send(to, message, isLeading ? this.#pace.said() : undefined)
  }

  #accepted({ first, count, firstIndex, term }: Extract<Effect, { kind: 'accepted' }>): void {
    for (let place = 0; place < count; place++) {
      const answer = this.#asked[first + place]
      if (answer) this.#waiting.set(firstIndex + place, { term, answer })
    }
    this.#parts.onProgress?.()
  }

  #refused({ first, count, reason, leader, detail }: Extract<Effect, { kind: 'refused' }>): void {
    for (let place = first; place < first + count; place++)
      this.#asked[place]?.({ kind: 'refused', reason, leader, detail })
  }

  #apply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const outcome = this.#parts.machine.apply(entry)
      const waiting = this.#waiting.get(entry.index)
      if (!waiting) continue
      this.#waiting.delete(entry.index)
      const { index, term } = entry
      if (waiting.term === term) waiting.answer({ kind: 'done', outcome, index, term })
      // Another leader's entry took its place: it was cut from every log that could have committed it.
      else waiting.answer({ kind: 'refused', reason: 'leadership-lost', leader: this.view.leader, detail: '' })
    }
    const last = entries.at(-1)
    if (last) this.#step({ kind: 'applied', index: last.index })
    this.#parts.onProgress?.()
  }

  #answerRead(id: number, answer: ReadAnswer): void {
    const asked = this.#reads.get(id)
    this.#reads.delete(id)
    asked?.(answer)
  }

  #loseUpTo(index: number): void {
    for (const [at, { answer }] of this.#waiting) {
      if (at > index) continue
      this.#waiting.delete(at)
      answer({ kind: 'lost' })
    }
  }

  #end(error: MeshError | undefined): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#alarm.stop()
    this.#thrift.end()
    this.#inputs.length = 0
    for (const { answer } of this.#gathered.splice(0)) answer({ kind: 'lost' })
    for (const id of [...this.#reads.keys()])
      this.#answerRead(id, { kind: 'refused', reason: 'halted', leader: undefined })
    this.#loseUpTo(Number.POSITIVE_INFINITY)
    this.#parts.onEnd(error)
  }
}
