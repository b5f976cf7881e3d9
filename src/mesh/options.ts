/** What a mesh is made of, handed in by whoever composes it: the engine, or a test. */
import type { PrivateKey } from '@libp2p/interface'
import type { Clock } from '../base/clock.ts'
import type { MeshError } from '../base/errors.ts'
import type { PeerId, SessionId } from '../base/ids.ts'
import type { Random } from '../base/random.ts'
import type { DialLog } from '../link/dials.ts'
import type { Rendezvous } from '../link/rendezvous.ts'
import type { LinkProvider, Remote } from '../link/types.ts'
import type { LinkSignal } from '../link/webrtc/links.ts'
import type { Doors } from './node.ts'
import type { FailureSettings, PresetName } from './presets.ts'
import type { Room } from './room.ts'
import type { Signer } from './signed.ts'
import type { MeshEvents } from './types.ts'

/** What a link provider needs of the mesh that it serves. */
export interface LinkContext {
  readonly self: Remote
  readonly sendSignal: (to: Remote, signal: LinkSignal) => void
  readonly retire: (peer: PeerId) => Promise<void>
  /** Where the provider writes down how its dials go. */
  readonly dials: DialLog
  /** A goodbye that a peer's page said on a channel of its own. */
  readonly onSaid: (peer: PeerId, bytes: Uint8Array) => void
}

/** What ways to the tabs of the same browser need of the mesh. */
export interface SiblingContext {
  readonly self: Remote
  readonly signer: Signer
  /** Whether one more member is one too many. */
  readonly isFullFor: (peer: PeerId) => boolean
}

export interface MeshOptions {
  readonly key: PrivateKey
  readonly session: SessionId
  readonly room: Room
  readonly name: string
  readonly device: string
  readonly browser: string
  readonly capabilities: readonly string[]
  /** How soon silence counts as death; `default` where absent. */
  readonly preset?: PresetName | FailureSettings | undefined
  /** Members for which the room is meant; a quarter more are let in. Default 100. */
  readonly maxAgents?: number | undefined
  /** From 0 to 1: whom the overlay should keep links with. Unknown peers count as 1. */
  readonly reputationOf?: ((peer: PeerId) => number) | undefined
  readonly clock: Clock
  readonly random: Random
  readonly newId: () => string
  readonly rendezvous: Rendezvous
  readonly links: (context: LinkContext) => LinkProvider & { receive?(from: Remote, signal: LinkSignal): void }
  readonly doors?: Doors
  /** Pipes to the tabs of the same browser, past all links (decision 8); absent where everything goes by links. */
  readonly siblingLinks?: ((context: SiblingContext) => LinkProvider) | undefined
  /** Other tabs of this browser are open, in this room or another. */
  readonly hasSiblings?: boolean
  /** Calls back when a session of the same browser is surely gone; returns how to stop watching. */
  readonly watchSession?: (session: SessionId, onGone: () => void) => () => void
  readonly onSignalingState: (state: 'connecting' | 'connected' | 'down', error?: MeshError) => void
  /** The rendezvous listed the room: how many others there are. */
  readonly onWelcome: (others: number) => void
  readonly onProblem: (error: MeshError) => void
  /** Whether this peer takes faults that others ask for, for the whole room; default: in private rooms only. */
  readonly roomFaults?: boolean
  /** What this peer announces of itself changed. */
  readonly onSelfChange?: () => void
  /** A peer left: told before anything else here acts on it, and `agent-leave` follows a little later (`afterLeavingMs`). */
  readonly onLeaving?: (leaving: MeshEvents['agent-leave']) => void
}
