/**
 * Failure detection, as a machine: SWIM (Das et al. 2002) with Lifeguard's local health (Dadgar et al. 2018). Time, answers and
 * hints come in; pings, questions to others, and verdicts come out.
 *
 * Invariants:
 * 1. Any sign of life that came after a doubt began ends the doubt.
 * 2. A hint starts questions, never a verdict. More than half of the members asked must have found the suspect silent too; who
 *    reaches nobody at all waits `timeoutMs` times its bad health, and then decides for itself alone.
 * 3. The more members confirm a suspicion, the shorter it lasts (LHA-Suspicion); the worse our own health, the slower we
 *    judge (LHA-Probe).
 * 4. After a gap in our own ticks we have missed what others said: every doubt begins anew, every link counts as just heard.
 * 5. A link is asked only after it was silent for a while, by whichever end gets there first: one question answers both.
 * 6. Witnesses that are linked to the suspect make a suspicion shorter; the silence of others may be that of their ways to it.
 * 7. A path that was known to be broken before the doubt began has the time to be mended.
 * 8. An announcement that others pass on ends a doubt, but not that of a session which signaling says has left, nor brings such a one back: it
 *    may have been on its way before. Then the questions begin again.
 * 9. A verdict of others stands in for a majority of our own: whom we have not heard either, within the patience for one answer, is given up.
 * 10. Whoever a whole round of questions did not find, or others have given up, is told so with the next ping, so that it may announce
 *    itself anew (the buddy system).
 */
import type { PeerId, SessionId } from '../../base/ids.ts'
import type { Random } from '../../base/random.ts'
import type { RoundTrip } from '../../base/round-trip.ts'
import type { FailureSettings } from '../presets.ts'
import type { Rhythm } from './phi.ts'

/** What made us doubt, from weak to strong. */
export type Why =
  | 'missed' // a ping of ours went unanswered
  | 'doubted' // somebody else says that the session is gone
  | 'closed' // the link to it ended
  | 'left' // signaling says that it left

/** What the machine may read of membership and links at any time. */
export interface DetectorView {
  /** The session of a member; undefined for who is none. */
  readonly sessionOf: (peer: PeerId) => SessionId | undefined
  /** When anything came on the direct link to this peer, ms; -Infinity where there is none. */
  readonly heardMs: (peer: PeerId) => number
  /** The links that a member announces. */
  readonly linksOf: (peer: PeerId) => readonly PeerId[]
  readonly sequenceOf: (peer: PeerId) => number
  /** True while the path of the link to this peer is broken, and being mended. Optional: some links have no path that could break. */
  readonly isMending?: (peer: PeerId) => boolean
}

export interface LinkHealth extends RoundTrip {
  /** Nothing heard for so long leads to a ping; drawn anew each time, so that the two ends do not ask at once. */
  quietMs: number
  nextPingMs: number
  /** When the ping that is under way began; undefined if none is. */
  pingedMs: number | undefined
  /** When we last asked it for others, in vain. */
  silentSinceMs: number | undefined
  rhythm: Rhythm
}

/** A doubt about one session, from the first unanswered ping to a sign of life or a verdict. */
export interface Case {
  readonly session: SessionId
  why: Why
  /** When its silence began to count, ms. */
  sinceMs: number
  roundStartMs: number
  roundEndMs: number
  /** What the present round did: waits for others to judge, pings, or asks others too. */
  stage: 'waiting' | 'pinging' | 'asking'
  isSuspect: boolean
  /** Members asked so far; only their answers count. */
  readonly asked: Set<PeerId>
  /** Of the present round: members that found it silent. */
  answers: number
  /** Questions so far, and answers to them: all found it silent, for any other ends the doubt. */
  questions: number
  answersInAll: number
  /** Whether the path of our own link to it was known to be broken when the doubt began. */
  readonly wasBroken: boolean
  /** Rounds of questions so far. */
  rounds: number
  /** The sequence up to which somebody else has given it up; undefined where nobody says so. */
  readonly buriedAt: number | undefined
  /** Others found it silent by a majority, since its last announcement: our own silence is all that is missing. */
  isCondemned: boolean
  /** Members that found it silent. */
  readonly silentTo: Set<PeerId>
}

/** A question of another member that we look into. */
export interface Errand {
  readonly peer: PeerId
  readonly session: SessionId
  readonly askers: Set<PeerId>
  readonly sinceMs: number
  pingAgainMs: number
  readonly endMs: number
}

export interface DetectorState {
  readonly self: PeerId
  readonly settings: FailureSettings
  readonly random: Random
  readonly view: DetectorView
  readonly links: Map<PeerId, LinkHealth>
  readonly cases: Map<PeerId, Case>
  readonly errands: Map<PeerId, Errand>
  /** Sessions that left, says signaling, and that gave no sign since: what others still pass on of them may be older than that. */
  readonly left: Map<PeerId, SessionId>
  /** Members in the order in which they are probed; shuffled after each turn (SWIM §4.3). */
  readonly order: PeerId[]
  turn: number
  nextProbeMs: number
  /** Our last verdict. Where one is gone many may be: probes come faster for a while. */
  lastDeadMs: number
  /** Of all answers, also of peers without a link: what to expect of those of whom we know little. */
  readonly typical: RoundTrip
  /** Lifeguard's local health multiplier: 0 is well, each point makes every patience once longer. */
  health: number
  /** When the next tick is due, ms. */
  wakeMs: number
}

export type DetectorInput = { readonly nowMs: number } & (
  | { readonly kind: 'tick' }
  | { readonly kind: 'joined'; readonly peer: PeerId }
  | { readonly kind: 'departed'; readonly peer: PeerId }
  | { readonly kind: 'linked'; readonly peer: PeerId }
  | { readonly kind: 'unlinked'; readonly peer: PeerId }
  /** A sign of life; with a round trip where it answers a ping of ours. */
  | { readonly kind: 'heard'; readonly peer: PeerId; readonly rttMs?: number }
  | {
      readonly kind: 'hint'
      readonly peer: PeerId
      readonly session: SessionId
      readonly why: Why
      /** With `doubted`: the sequence up to which others have given it up. */
      readonly buriedAt?: number
      /** With `doubted`: it is their verdict that we heard, and nothing that it announced since. */
      readonly isVerdict?: boolean
    }
  /** It announced itself anew; `isDirect` where it told us so itself, `wasGivenUp` where it was not here any more. */
  | {
      readonly kind: 'announced'
      readonly peer: PeerId
      readonly session: SessionId
      readonly isDirect: boolean
      readonly wasGivenUp: boolean
    }
  /** Another member asks us to try. */
  | { readonly kind: 'asked'; readonly by: PeerId; readonly peer: PeerId; readonly session: SessionId }
  | {
      readonly kind: 'answered'
      readonly by: PeerId
      readonly peer: PeerId
      readonly session: SessionId
      readonly isAlive: boolean
    }
)

export type DetectorEffect =
  /** `doubted` is the sequence up to which we doubt its announcements. */
  | { readonly kind: 'ping'; readonly peer: PeerId; readonly doubted?: number }
  | { readonly kind: 'ask'; readonly prober: PeerId; readonly peer: PeerId; readonly session: SessionId }
  | {
      readonly kind: 'answer'
      readonly to: PeerId
      readonly peer: PeerId
      readonly session: SessionId
      readonly isAlive: boolean
    }
  | { readonly kind: 'suspect'; readonly peer: PeerId; readonly session: SessionId }
  | { readonly kind: 'alive'; readonly peer: PeerId; readonly session: SessionId }
  /** Given up; `isShared` where a majority of those asked agreed, so that others may be told. */
  | { readonly kind: 'dead'; readonly peer: PeerId; readonly session: SessionId; readonly isShared: boolean }
  /** Nothing came on this link for `timeoutMs`: close it. */
  | { readonly kind: 'close'; readonly peer: PeerId }
  /** Call with a tick then, and not before. */
  | { readonly kind: 'wake'; readonly atMs: number }

/** What a round trip is taken to deviate before any was measured, ms; each answer takes a quarter off. */
const firstDeviationMs = 250

export function detectorOf(
  self: PeerId,
  settings: FailureSettings,
  random: Random,
  view: DetectorView,
  nowMs: number,
): DetectorState {
  return {
    self,
    settings,
    random,
    view,
    links: new Map(),
    cases: new Map(),
    errands: new Map(),
    left: new Map(),
    order: [],
    turn: 0,
    nextProbeMs: nowMs + settings.timeoutMs * (0.5 + random.next()),
    lastDeadMs: Number.NEGATIVE_INFINITY,
    typical: { smoothRttMs: undefined, rttDeviationMs: firstDeviationMs },
    health: 0,
    wakeMs: Number.POSITIVE_INFINITY,
  }
}

export function suspectsOf({ cases }: DetectorState): PeerId[] {
  return [...cases].flatMap(([peer, { isSuspect }]) => (isSuspect ? [peer] : []))
}
