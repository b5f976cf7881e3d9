/** Every failure that can leave the library. `code` is API: never reworded, never reused; `message` is for people and says what to do. */

export type MeshErrorCode =
  // bad input
  | 'malformed' // a message, file or option is not of the form it must be
  | 'too-large' // over a named limit
  | 'invalid-option'
  | 'unsupported' // this browser or context lacks something needed (WebCrypto, Web Locks)
  // joining
  | 'wrong-secret'
  | 'admission-refused'
  | 'version-mismatch'
  | 'signaling-unreachable'
  | 'room-full'
  | 'dial-failed'
  // talking
  | 'timeout'
  | 'aborted'
  | 'no-such-peer'
  | 'unreachable' // the peer is known but no path leads to it
  | 'no-handler'
  | 'no-capable-agent' // "No agent can handle: X"
  | 'handler-failed'
  | 'disconnected'
  | 'overloaded' // a bounded queue is full
  | 'left' // this mesh handle has left
  // deciding
  | 'no-quorum' // too few voters can be reached; nothing is decided until they are back
  // work
  | 'function-failed' // typed or sent code threw
  | 'function-timeout'
  | 'input-lost'
  | 'cancelled'
  // world
  | 'storage-lost'
  | 'storage-full'

/** Whether what failed may have happened all the same: `not-applied` is certain. */
export type Outcome = 'unknown' | 'not-applied'

export class MeshError<Code extends MeshErrorCode = MeshErrorCode> extends Error {
  override readonly name = 'MeshError'
  readonly code: Code
  /** Told by calls that change something (`decisions`); undefined elsewhere. */
  readonly outcome: Outcome | undefined

  constructor(code: Code, message: string, options?: { cause?: unknown; outcome?: Outcome | undefined }) {
    super(message, options)
    this.code = code
    this.outcome = options?.outcome
  }
}

/** Whatever was thrown, as a MeshError: ours unchanged, an AbortError as `aborted`, anything else under `fallback`. */
export function toMeshError(thrown: unknown, fallback: MeshErrorCode): MeshError {
  if (thrown instanceof MeshError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const isAbort = thrown instanceof Error && thrown.name === 'AbortError'
  return new MeshError(isAbort ? 'aborted' : fallback, message, { cause: thrown })
}
