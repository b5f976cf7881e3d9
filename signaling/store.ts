/**
 * Who is in which room, and a way to reach them: the one thing that several instances of this server would share.
 * Every call may take time and may fail, and each of `join`, `leave` and `setHello` is atomic.
 */
import type { RoomHash, SessionId } from '../src/base/ids.ts'
import type { KnockId } from '../src/link/signaling/protocol.ts'

/** Where one membership receives. A new one for each join, so that nothing meant for an old room arrives in a new one. */
export type Mailbox = string & { readonly Mailbox: unique symbol }

export interface StoredMember {
  readonly session: SessionId
  readonly hello: string
  readonly mailbox: Mailbox
}

export type Delivery =
  /** A server message, ready to be sent. */
  | { readonly kind: 'frame'; readonly frame: string }
  /** An answer to a knock of this mailbox, if that knock is still open. */
  | { readonly kind: 'knock-reply'; readonly knock: KnockId; readonly data: string }
  /** Another socket took over the session. */
  | { readonly kind: 'replaced' }

export type JoinResult =
  | {
      readonly kind: 'joined'
      /** Longest here first. */
      readonly others: readonly StoredMember[]
      /** Where the same session was until now. */
      readonly replaced: Mailbox | undefined
    }
  | { readonly kind: 'room-full' | 'server-full' }

export interface RoomStore {
  /** A fresh mailbox of this instance. Its listener must be quick and must not throw. */
  open(listener: (delivery: Delivery) => void): Mailbox
  /** From now on its listener is not called any more. */
  close(mailbox: Mailbox): void
  /** Puts a delivery into mailboxes, wherever they are; those that are closed are passed over. Keeps the order of one caller. */
  publish(to: readonly Mailbox[], delivery: Delivery): Promise<void>

  join(room: RoomHash, tag: string, member: StoredMember): Promise<JoinResult>
  /** Resolves to those who remain, or to undefined when that mailbox was no longer the session's. */
  leave(room: RoomHash, session: SessionId, mailbox: Mailbox): Promise<readonly Mailbox[] | undefined>
  /** Resolves to the others, or to undefined when that mailbox was no longer the session's. */
  setHello(room: RoomHash, member: StoredMember): Promise<readonly Mailbox[] | undefined>
  find(room: RoomHash, session: SessionId): Promise<Mailbox | undefined>
  /** How many non-empty rooms other than `except` have this tag. */
  countTag(tag: string, except: RoomHash): Promise<number>
  /** One member of each of at most `roomsMax` such rooms. */
  pickByTag(tag: string, except: RoomHash, roomsMax: number): Promise<readonly Mailbox[]>
  /** Of this instance, for metrics. */
  counts(): Promise<{ readonly rooms: number; readonly members: number }>
  end(): Promise<void>
}
