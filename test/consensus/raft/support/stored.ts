/** Disks with a given history, without living it. */
import type { Entry, MemberId } from '../../../../src/consensus/raft/messages.ts'
import type { RestoredState } from '../../../../src/consensus/raft/state.ts'

export const id = (text: string): MemberId => text as MemberId

export interface Stored {
  /** Terms of the entries after genesis (index 1, term 1); the first has index 2. */
  readonly log?: readonly number[]
  readonly term?: number
  readonly votedFor?: string
  readonly commit?: number
}

/** The disk of a member that began at this genesis. */
export function stored(genesis: RestoredState, { log = [], votedFor, term, commit }: Stored): RestoredState {
  const hard = {
    term: term ?? Math.max(1, ...log),
    votedFor: votedFor === undefined ? undefined : id(votedFor),
    commit: commit ?? 1,
  }
  return { ...genesis, entries: log.map((of, at) => entry(at + 2, of)), hard }
}

type Command = Extract<Entry, { kind: 'command' }>

/** Its payload tells where it came from. */
export function entry(index: number, term: number, payload: unknown = `${index}/${term}`): Command {
  return { kind: 'command', index, term, timeMs: 0, bytes: 5, session: '', sequence: 0, payload }
}
