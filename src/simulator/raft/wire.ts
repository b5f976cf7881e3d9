/** What nodes of the Raft simulation send each other. */
import type { Json } from '../../base/json.ts'
import type { MemberId, MembershipChange, RaftMessage } from '../../consensus/raft/messages.ts'

/** What the replicated store is told to do. */
export type Command =
  | { readonly f: 'write'; readonly key: string; readonly value: Json }
  | { readonly f: 'cas'; readonly key: string; readonly expected: Json; readonly next: Json }

export type Wire =
  /** Between members; `host` is the session that a real link would have authenticated. */
  | { readonly kind: 'raft'; readonly host: string; readonly message: RaftMessage }
  /** A client proposes; a registration carries no command. `attempt` comes back with the answer. */
  | {
      readonly kind: 'propose'
      readonly attempt: number
      readonly session: string
      readonly sequence: number
      readonly command: Command | null
    }
  | { readonly kind: 'read'; readonly attempt: number; readonly key: string }
  | { readonly kind: 'answer'; readonly attempt: number; readonly answer: Answer }
  /** The operator speaks to whom it takes for the leader. */
  | { readonly kind: 'reconfigure'; readonly change: MembershipChange }
  | { readonly kind: 'transfer'; readonly target: MemberId }

export type Answer =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'registered'; readonly session: string }
  /** This session is over; whether the command was ever executed is unknown. */
  | { readonly kind: 'expired' }
  /** Not here, or not now. */
  | { readonly kind: 'refused'; readonly leader: MemberId | undefined }
