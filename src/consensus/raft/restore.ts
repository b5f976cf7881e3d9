/**
 * The states a member may begin from. There is no "nothing": a member that finds its disk empty was wiped, and must come
 * back under a new id (R16), so the first state of every member is made here and stored before the machine starts.
 */
import type { MemberId, Membership, Snapshot } from './messages.ts'
import type { RestoredState } from './state.ts'

/** Genesis is a snapshot at this index and term, so that a joiner's empty log (index 0) always needs a snapshot. */
export const GENESIS_INDEX = 1
export const GENESIS_TERM = 1

export interface Origin {
  readonly member: MemberId
  readonly generation: string
}

/** The same for each of the first voters. `data` is the state machine's initial state (a new generation inherits one). */
export function genesisState(
  origin: Origin & { readonly voters: readonly MemberId[]; readonly data?: unknown },
): RestoredState {
  const membership: Membership = { ...NOBODY, voters: [...origin.voters].sort() }
  return start(origin, { index: GENESIS_INDEX, term: GENESIS_TERM, timeMs: 0, membership, data: origin.data ?? null })
}

/** A member that is about to be added: it waits for a leader's snapshot. */
export function joinerState(origin: Origin): RestoredState {
  return start(origin, { index: 0, term: 0, timeMs: 0, membership: NOBODY, data: null })
}

const NOBODY: Membership = { voters: [], outgoing: [], learners: [], learnersNext: [], autoLeave: false }

function start({ member, generation }: Origin, snapshot: Snapshot): RestoredState {
  const hard = { term: snapshot.term, votedFor: undefined, commit: snapshot.index }
  return { member, generation, hard, snapshot, entries: [], applied: snapshot.index }
}
