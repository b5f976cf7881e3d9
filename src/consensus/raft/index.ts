/** What a driver, the simulator and the lab use of the Raft core. */
export { RAFT_PRESETS, raftConfig } from './config.ts'
export { genesisState, joinerState } from './restore.ts'
export { NEW_SESSION, NO_SESSION, sessionMachine } from './sessions.ts'
export { createRaft } from './step.ts'
