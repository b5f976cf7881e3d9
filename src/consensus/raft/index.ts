/** What a driver, the simulator and the lab use of the Raft core. */
export { raftConfig } from './config.ts'
export { genesisState, joinerState } from './restore.ts'
export { createRaft } from './step.ts'
