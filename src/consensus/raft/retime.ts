/**
 * Other clocks for a machine that runs. Nothing that is safe depends on them (Raft paper, §5.6): they only say how soon silence is
 * noticed.
 *
 * Invariants
 * M1  Whoever waits begins to wait anew, by the new clocks: what passed by the old ones says nothing.
 * M2  A leader says so at once, for its followers may be about to lose patience by theirs.
 */
import type { Core } from './core.ts'
import { broadcastHeartbeat } from './replication.ts'
import { restartElectionTimer } from './roles.ts'
import type { RaftClocks } from './state.ts'

export function retime(core: Core, clocks: RaftClocks): void {
  core.config = { ...core.config, ...clocks }
  restartElectionTimer(core)
  if (core.role.kind === 'leader') broadcastHeartbeat(core, core.role)
}
