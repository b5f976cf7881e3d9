/** One pipe to one peer, below libp2p: ordered, reliable frames of bytes. WebRTC, BroadcastChannel and memory each provide them. */
import type { PeerId, SessionId } from '../base/ids.ts'
import type { CandidateType, IceFacts } from './facts.ts'
import type { LinkKind } from './kind.ts'

export type { LinkKind }

/** Who is at the other end: a PeerId that its signals proved, and which load of that tab. */
export interface Remote {
  readonly peer: PeerId
  readonly session: SessionId
}

export interface PipeHandlers {
  onFrame(frame: Uint8Array): void
  /** Buffered bytes fell under the low-water mark. */
  onDrain(): void
  /** Called once, whoever closed. Frames sent before a clean close have arrived. */
  onClose(reason: string): void
}

export interface Pipe {
  readonly kind: LinkKind
  readonly remote: Remote
  /** Bytes accepted by `send` that have not left yet. */
  readonly bufferedBytes: number
  /** At most `frameBytesMax`. */
  send(frame: Uint8Array): void
  /** Frames that came before the handlers are kept for them. Called once. */
  open(handlers: PipeHandlers): void
  /** Buffered frames still leave, then the other side sees `onClose`. */
  close(reason: string): void
}

/** Makes pipes to peers. One implementation per way of linking; all obey the tie-break of `glare.ts`. */
export interface LinkProvider {
  readonly kind: LinkKind
  /** Peers with whom a link is being made, by either side's dial. */
  readonly engaged: ReadonlySet<PeerId>
  /** Linked peers to whom the path is broken at the moment. Optional: some links have no path that could break. */
  readonly broken?: ReadonlySet<PeerId>
  /** Something suggests that the path to a linked peer is dead: makes it anew under the pipe that stands. Optional. */
  mend?(peer: PeerId): void
  /** What is known of the path now. Optional. */
  path?(peer: PeerId): Promise<{ readonly restarts: number; readonly ice: IceFacts | undefined }>
  /** Which kinds of address this machine finds for itself now. Optional. */
  candidates?(): Promise<readonly CandidateType[] | undefined>
  /** Rejects with MeshError `dial-failed`, `aborted`, or `disconnected` when the other side's dial won (glare). */
  dial(to: Remote, options: { readonly signal: AbortSignal }): Promise<Pipe>
  /** Pipes that other peers dialled. */
  onPipe(listener: (pipe: Pipe) => void): () => void
  close(): void
}
