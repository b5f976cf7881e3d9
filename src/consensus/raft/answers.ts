/** What a driver answers to proposals and reads. */
import type { MemberId } from './messages.ts'
import type { Outcome } from './sessions.ts'
import type { RefusalReason } from './state.ts'

/** What came of a proposal. */
export type Answer =
  | { readonly kind: 'done'; readonly outcome: Outcome | undefined; readonly index: number; readonly term: number }
  /** Certainly did not and will not happen. */
  | {
      readonly kind: 'refused'
      readonly reason: RefusalReason
      readonly leader: MemberId | undefined
      readonly detail: string
    }
  /** This machine will never know: it ended, or was overtaken by a snapshot. */
  | { readonly kind: 'lost' }

export type ReadAnswer =
  | { readonly kind: 'ready'; readonly index: number }
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly leader: MemberId | undefined }
