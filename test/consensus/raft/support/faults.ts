/** Rules that several scenarios defend. */
import type { Fault } from './scenario.ts'

export const noPreVote: Fault = {
  broken: 'a follower campaigns without asking first',
  file: 'election.ts',
  find: "campaign(core, core.config.preVote ? 'pre' : 'real')",
  replace: "campaign(core, 'real')",
}
export const noLease: Fault = {
  broken: 'a live leader protects nobody from candidates',
  file: 'election.ts',
  find: 'return core.config.checkQuorum && core.leader',
  replace: 'return false && core.leader',
}
export const halfIsMajority: Fault = {
  broken: 'half is a majority',
  file: 'quorum.ts',
  find: 'Math.floor(members / 2) + 1',
  replace: 'Math.ceil(members / 2)',
}
