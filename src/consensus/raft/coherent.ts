/**
 * What a schema cannot say: whether the parts of a message fit together. A message that no correct member could have sent is
 * malformed like any other, and never reaches the machine, whose invariants would stop it.
 */
import type { Entry, Membership, MessageOf, RaftMessage } from './messages.ts'

export function isCoherent(message: RaftMessage): boolean {
  if (message.kind === 'append') return isCoherentAppend(message)
  if (message.kind === 'snapshot') return isCoherentSnapshot(message)
  if (message.kind === 'vote-request') return message.lastTerm < message.term
  if (message.kind === 'append-refused')
    return message.hintIndex <= message.prevIndex && message.hintTerm <= message.term
  return true
}

/** Entries follow `prevIndex` without gaps, and neither terms nor logical time fall on the way to the sender's term. */
function isCoherentAppend({ prevIndex, prevTerm, entries, term }: MessageOf<'append'>): boolean {
  let [index, highestTerm, timeMs] = [prevIndex, prevTerm, 0]
  for (const entry of entries) {
    if (entry.index !== ++index || entry.term < highestTerm || entry.timeMs < timeMs || !isSized(entry)) return false
    highestTerm = entry.term
    timeMs = entry.timeMs
  }
  return highestTerm <= term
}

/** Only commands have a payload, so only they may claim room. */
const isSized = (entry: Entry): boolean => entry.kind === 'command' || entry.bytes === 0

function isCoherentSnapshot({ snapshot, term }: MessageOf<'snapshot'>): boolean {
  return snapshot.index > 0 && snapshot.term <= term && isCoherentMembership(snapshot.membership)
}

/** Somebody votes, nobody is named twice, and what belongs to a joint configuration is there only in one. */
function isCoherentMembership({ voters, outgoing, learners, learnersNext, autoLeave }: Membership): boolean {
  const areDistinct = [[...voters, ...learners, ...learnersNext], outgoing].every(
    ids => new Set(ids).size === ids.length,
  )
  const isJoint = outgoing.length > 0
  if (voters.length === 0 || !areDistinct || learners.some(learner => outgoing.includes(learner))) return false
  return learnersNext.every(learner => outgoing.includes(learner)) && (isJoint || !autoLeave)
}
