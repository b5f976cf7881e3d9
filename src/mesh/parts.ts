/** The parts of a mesh that what is built on top of them may use; functions, since the parts are made one after the other. */
import type { PeerId, SessionId } from '../base/ids.ts'
import type { Exchange } from './exchange.ts'
import type { Lobby } from './lobby.ts'
import type { MembershipDriver } from './membership/driver.ts'
import type { MeshOptions } from './options.ts'
import type { OverlayDriver } from './overlay/driver.ts'
import type { Signals } from './signals.ts'
import type { Signer } from './signed.ts'

export interface MeshParts {
  readonly options: MeshOptions
  readonly signer: Signer
  readonly exchange: () => Exchange
  readonly lobby: () => Lobby
  readonly membership: () => MembershipDriver
  readonly overlay: () => OverlayDriver
  readonly signals: () => Signals
  readonly sessionOf: (peer: PeerId) => SessionId | undefined
  readonly count: (counter: string) => void
}
