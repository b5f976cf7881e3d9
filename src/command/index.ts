/** All commands: what a console, a command line or an agent's tools need of this layer. */
import { agentCommands } from './agents.ts'
import { consensusConfig } from './consensus/config.ts'
import { consensusStatus } from './consensus/status.ts'
import { consensusStepDown } from './consensus/step-down.ts'
import { consensusVerifyQuorum } from './consensus/verify-quorum.ts'
import { decisionCommands } from './decisions.ts'
import { faultCommands } from './faults.ts'
import { gossipConfig } from './gossip.ts'
import { logsTail } from './logs.ts'
import { memoryCommands } from './memory.ts'
import { Registry } from './registry.ts'
import { swarmCommands } from './swarm.ts'

export type { Outcome } from './command.ts'
export { type Completion, completionsOf } from './complete.ts'
export type { CommandMesh } from './mesh.ts'
export { runLine } from './run-line.ts'

export const commands = new Registry([
  consensusStatus,
  consensusVerifyQuorum,
  consensusStepDown,
  consensusConfig,
  ...decisionCommands,
  ...swarmCommands,
  ...agentCommands,
  gossipConfig,
  ...memoryCommands,
  ...faultCommands,
  logsTail,
])
