/**
 * Whoever sees everything: what each member does and says is told to the watchers, which compare it with Raft's promises
 * (Raft paper, Figure 3; docs/simulation.md lists all of them) and stop the world when one is broken.
 */
import type { Entry, MemberId, Membership, RaftMessage, Snapshot } from '../../consensus/raft/messages.ts'
import type { Outcome } from '../../consensus/raft/sessions.ts'
import type { Effect, Input, RaftView, RestoredState } from '../../consensus/raft/state.ts'
import { Committed } from './committed.ts'
import { ElectionWatch } from './election-watch.ts'
import { LogWatch } from './log-watch.ts'
import { type ReadsSeen, ReadWatch } from './read-watch.ts'
import { StateWatch } from './state-watch.ts'
import type { DiskRecord, MemberDisk } from './storage.ts'
import type { Command } from './wire.ts'

/** One life of a member, as the watchers remember it. */
export interface Life {
  readonly member: MemberId
  readonly life: number
  readonly view: RaftView
  readonly disk: MemberDisk
  readonly seen: Seen
  /** Terms of its log, by index, as last seen. */
  readonly terms: number[]
  /** Highest epoch, and its host, that it has heard of each member. */
  readonly heard: Map<MemberId, { readonly epoch: number; readonly host: string }>
  readonly machine: MachineSeen
  readonly reads: ReadsSeen
}

/** What the view showed after the last step. */
interface Seen {
  role: RaftView['role']
  term: number
  votedFor: MemberId | undefined
  commit: number
  lastIndex: number
  membership: Membership
}

/** How far the state machine of a life has come. */
interface MachineSeen {
  /** Last index that it contains. */
  applied: number
  applying: Entry | undefined
}

/** What the journal needs to know of a driver. */
export interface Subject {
  readonly id: MemberId
  readonly raft: { readonly view: RaftView } | undefined
}

export class Journal {
  readonly committed: Committed
  readonly disks = new Map<MemberId, DiskRecord>()
  /** Those that run, by member. */
  readonly lives = new Map<MemberId, Life>()
  readonly #elections = new ElectionWatch()
  readonly #logs: LogWatch
  readonly #states: StateWatch
  readonly #reads: ReadWatch

  constructor(genesis: { readonly index: number; readonly membership: Membership }, uncommittedEntriesMax: number) {
    this.committed = new Committed(genesis)
    this.#logs = new LogWatch(this.committed, this.lives, this.disks, uncommittedEntriesMax)
    this.#states = new StateWatch(this.committed)
    this.#reads = new ReadWatch(this.committed, this.lives)
  }

  started({ id, raft }: Subject, life: number, restored: RestoredState): void {
    const disk = this.disks.get(id)?.disk
    if (!raft || !disk) throw new Error(`${id} started without a machine or a disk`)
    const { view } = raft
    const { role, term, votedFor, commit, lastIndex, membership } = view
    const seen = { role, term, votedFor, commit, lastIndex, membership }
    const machine = { applied: restored.snapshot.index, applying: undefined }
    const reads = { asked: new Map(), term: 0, begun: new Map(), answered: new Map() }
    const started: Life = { member: id, life, view, disk, seen, terms: [], heard: new Map(), machine, reads }
    this.lives.set(id, started)
    this.#logs.started(started)
    this.#states.started(started, restored.snapshot)
  }

  /** Terms in which somebody led. */
  get terms(): number {
    return this.#elections.terms
  }

  ended(member: MemberId): void {
    this.lives.delete(member)
  }

  stepped({ id }: Subject, input: Input, effects: readonly Effect[]): void {
    const life = this.lives.get(id)
    if (!life) return
    this.#elections.stepped(life, input, effects)
    this.#check(life)
    this.#logs.stepped(life, input, effects)
    this.#reads.stepped(life, input, effects)
  }

  sent({ id }: Subject, to: MemberId, message: RaftMessage): void {
    const life = this.lives.get(id)
    if (!life) return
    this.#elections.sent(life, to, message)
    if (message.kind === 'append-ok') this.#logs.acknowledged(life, to, message)
    if (message.kind === 'heartbeat') this.#reads.heartbeat(life, message)
    if (message.kind === 'heartbeat-ok') this.#reads.heard(id, to, message)
  }

  applying({ id }: Subject, entry: Entry): void {
    const life = this.lives.get(id)
    if (life) this.#states.applying(life, entry)
  }

  executed(member: MemberId, command: Command, index: number): void {
    const life = this.lives.get(member)
    if (life) this.#states.executed(life, command, index)
  }

  applied({ id }: Subject, entry: Entry, outcome: Outcome | undefined): void {
    const life = this.lives.get(id)
    if (life) this.#states.applied(life, entry, outcome)
  }

  restored({ id }: Subject, snapshot: Snapshot): void {
    const life = this.lives.get(id)
    if (life) this.#states.restored(life, snapshot)
  }

  saved({ id }: Subject, index: number, data: unknown): void {
    const life = this.lives.get(id)
    if (life) this.#states.saved(life, index, data)
  }

  /** After each step, before its effects: only the member that made it can have changed. */
  #check(life: Life): void {
    this.#elections.check(life)
    this.#logs.check(life)
    this.#states.check(life)
    const { seen, view } = life
    seen.role = view.role
    seen.term = view.term
    seen.votedFor = view.votedFor
    seen.commit = view.commit
    seen.lastIndex = view.lastIndex
    seen.membership = view.membership
  }
}
