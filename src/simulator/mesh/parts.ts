/** What a simulated peer is made of. */
import type { PeerId, SessionId } from '../../base/ids.ts'
import type { FailureSettings } from '../../mesh/presets.ts'
import type { Field } from './field.ts'
import type { Watch } from './watch.ts'

export interface PeerParts {
  readonly field: Field
  readonly settings: FailureSettings
  readonly watch: Watch
  readonly session: SessionId
  /** Whom the lobby lists to a newcomer. */
  readonly listed: () => readonly PeerId[]
  /** Who is at the other end of a link, as admission would have proved. */
  readonly sessionAt: (peer: PeerId) => SessionId | undefined
}
