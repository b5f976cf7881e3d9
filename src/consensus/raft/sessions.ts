/**
 * Effectively-once commands (dissertation 6.3): the replicated state machine remembers each client's last command and its
 * result, so a retry after a lost reply, also through another leader, is answered and not executed again (R28).
 *
 * A client registers (`session: NEW_SESSION`) and gets the index of that entry as its session's id: a late duplicate of the
 * registration makes another session, never this one anew. It then numbers its commands from 1 and has one under way at a
 * time; repeating the last one keeps an idle session alive.
 *
 * Invariants
 * X1  A command of a session is executed at most once, and a retry of the last one gets the first result.
 * X2  A session ends by log order or by the leader's logical time in the entries, never by a local clock, so it ends at the
 *     same entry everywhere; after that its commands are not executed.
 */
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import { SESSION_IDLE_MS, SESSIONS_MAX } from './limits.ts'
import type { Entry } from './messages.ts'

/** Session of a proposal that registers one (its payload is not looked at). */
export const NEW_SESSION = 'new'
/** Session of a command that takes no part: executed as often as it is committed. */
export const NO_SESSION = ''

/** What is replicated. Deterministic: the same commands in the same order give the same results and the same state. */
export interface StateMachine {
  execute(payload: unknown, index: number): unknown
  /** A copy of the whole state, fit to be stored and sent. */
  save(): unknown
  /** Replaces the state by a saved one; `null` is the beginning. */
  load(data: unknown): void
}

export type Outcome =
  | { readonly kind: 'registered'; readonly session: string }
  | { readonly kind: 'executed'; readonly result: unknown }
  /** It had been executed before; this is what came of it then. */
  | { readonly kind: 'repeated'; readonly result: unknown }
  /** The client has had a later command executed; an old duplicate, and nobody waits for it. */
  | { readonly kind: 'superseded' }
  /** No such session any more. Not executed now; whether it ever was is unknown. */
  | { readonly kind: 'expired' }

export interface SessionMachine {
  /** Undefined for an entry that is no command. */
  apply(entry: Entry): Outcome | undefined
  save(): unknown
  load(data: unknown): void
  readonly sessionCount: number
}

export interface SessionLimits {
  readonly sessionsMax: number
  readonly sessionIdleMs: number
}

interface Session {
  /** Number of its last command; 0 after registration. */
  readonly sequence: number
  readonly result: unknown
  readonly usedAtMs: number
}

const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const session = v.strictObject({ sequence: natural, result: v.unknown(), usedAtMs: natural })
const saved = v.strictObject({
  nowMs: natural,
  /** Unused longest first. */
  sessions: v.array(v.tuple([v.string(), session])),
  inner: v.unknown(),
})

const DEFAULTS: SessionLimits = { sessionsMax: SESSIONS_MAX, sessionIdleMs: SESSION_IDLE_MS }

export function sessionMachine(inner: StateMachine, limits: SessionLimits = DEFAULTS): SessionMachine {
  /** A Map keeps the order of insertion; whoever is used is inserted anew, so the first is unused longest. */
  let sessions = new Map<string, Session>()
  let nowMs = 0

  function end(isOver: (oldest: Session) => boolean): void {
    for (const [id, oldest] of sessions) {
      if (!isOver(oldest)) return
      sessions.delete(id)
    }
  }

  function use(id: string, sequence: number, result: unknown): void {
    sessions.delete(id)
    sessions.set(id, { sequence, result, usedAtMs: nowMs })
  }

  function register(id: string): Outcome {
    end(() => sessions.size >= limits.sessionsMax)
    use(id, 0, null)
    return { kind: 'registered', session: id }
  }

  function command({ session: id, sequence, payload, index }: Extract<Entry, { kind: 'command' }>): Outcome {
    if (id === NO_SESSION) return { kind: 'executed', result: inner.execute(payload, index) }
    if (id === NEW_SESSION) return register(String(index))
    const known = sessions.get(id)
    if (known === undefined) return { kind: 'expired' }
    if (sequence < known.sequence) return { kind: 'superseded' }
    const isRepeated = sequence === known.sequence
    const result = isRepeated ? known.result : inner.execute(payload, index)
    use(id, sequence, result)
    return { kind: isRepeated ? 'repeated' : 'executed', result }
  }

  return {
    apply(entry) {
      nowMs = Math.max(nowMs, entry.timeMs)
      end(oldest => oldest.usedAtMs + limits.sessionIdleMs < nowMs)
      return entry.kind === 'command' ? command(entry) : undefined
    },
    save: () => ({ nowMs, sessions: [...sessions], inner: inner.save() }),
    load(data) {
      const parsed = v.safeParse(saved, data ?? { nowMs: 0, sessions: [], inner: null })
      if (!parsed.success) throw new MeshError('malformed', `saved sessions: ${v.summarize(parsed.issues)}`)
      nowMs = parsed.output.nowMs
      sessions = new Map(parsed.output.sessions)
      inner.load(parsed.output.inner)
    },
    get sessionCount() {
      return sessions.size
    },
  }
}
