/** Where peers of a room find each other before they are linked. The signaling server is one; tests have one in memory. */
import type { MeshError } from '../base/errors.ts'
import type { RoomHash, SessionId } from '../base/ids.ts'

export interface RendezvousMember {
  readonly session: SessionId
  /** Sealed and signed by the member; opaque here. */
  readonly hello: string
}

export interface RendezvousEvents {
  /** In the room: who else is there, and how many other rooms share the tag. Comes again after each reconnect. */
  onWelcome(members: readonly RendezvousMember[], sameTag: number): void
  onMember(member: RendezvousMember): void
  /** Somebody who was here before, told of before the list has been read. */
  onFirst(member: RendezvousMember): void
  onLeft(session: SessionId): void
  onSignal(from: SessionId, data: string): void
  /** Somebody with a room of the same tag asks; `reply` answers once. */
  onKnock(data: string, reply: (data: string) => void): void
  onKnockReply(data: string): void
  /** `down` carries why; it tries again by itself unless the error is final. */
  onState(state: 'connecting' | 'connected' | 'down', error?: MeshError): void
}

export interface Rendezvous {
  readonly url: string
  /** Starts to connect, so that a later `join` need not wait for it. Optional. */
  prepare?(): void
  join(
    room: { readonly hash: RoomHash; readonly tag: string },
    member: RendezvousMember,
    events: RendezvousEvents,
  ): void
  /** Replaces what later members are told of this one. */
  setHello(hello: string): void
  /** False where there is no connection to send it on. */
  signal(to: SessionId, data: string): boolean
  knock(data: string): void
  /** True where this session is reached without any server or network. Optional. */
  isNear?(session: SessionId): boolean
  /** Something suggests that the connection is dead: find out soon. Optional. */
  probe?(): void
  leave(): void
}
