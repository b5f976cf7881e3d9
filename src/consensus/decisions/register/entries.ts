/** What the register holds and tells. */
import type { PeerId } from '../../../base/ids.ts'
import type { Json } from '../../../base/json.ts'

/** One key with its value; `version` grows with each change of it and is the same everywhere. */
export interface Decided {
  readonly key: string
  readonly value: Json
  readonly version: number
}

/** A change as it is applied; `value` is undefined where the key was deleted. */
export interface DecidedChange {
  readonly key: string
  readonly value: Json | undefined
  readonly version: number
}

/** What a peer proposed with `propose`, once it is decided. Kept by everybody, the latest ones. */
export interface DecidedCommand {
  readonly index: number
  readonly command: Json
  readonly by: PeerId
}
