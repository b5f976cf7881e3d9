/** Answers to `shared.pull`, whatever their size: those that do not fit one message are kept, and fetched piece by piece. */
import type { Clock } from '../../base/clock.ts'
import { MeshError } from '../../base/errors.ts'
import type { PeerId } from '../../base/ids.ts'
import type { Mesh } from '../../mesh/types.ts'
import {
  chunkBytes,
  chunkRetries,
  chunksInFlight,
  chunkTimeoutMs,
  chunkTries,
  transferBytesMax,
  transferKeptMs,
  transfersMax,
} from '../limits.ts'
import { chunkTopic, decodeAnswer, encodeAnswer, encodeNamed, parseChunkRequest, pullTopic } from './messages.ts'

export interface TransfersOptions {
  readonly mesh: Pick<Mesh, 'request' | 'handle'>
  readonly clock: Clock
  /** What that replica here has over that vector. Throws where the question makes no sense. */
  readonly missing: (name: string, vector: Uint8Array) => Uint8Array | undefined
  readonly decode: (payload: unknown) => { name: string; bytes: Uint8Array } | MeshError
}

interface Kept {
  readonly to: PeerId
  readonly bytes: Uint8Array
  stopWaiting: () => void
}

const nothing = new Uint8Array(0)
const callOptions = { timeoutMs: chunkTimeoutMs, retries: chunkRetries, lane: 'bulk' } as const

export class Transfers {
  readonly #options: TransfersOptions
  readonly #kept = new Map<number, Kept>()
  readonly #offs: (() => void)[]
  #keptBytes = 0
  #number = 0

  constructor(options: TransfersOptions) {
    this.#options = options
    const { mesh } = options
    this.#offs = [
      mesh.handle(pullTopic, (payload, { from }) => this.#answer(payload, from)),
      mesh.handle(chunkTopic, (payload, { from }) => this.#piece(payload, from)),
    ]
  }

  /** What that peer has over `vector`; undefined where it has nothing. Rejects where it does not answer, or with nonsense. */
  async fetch(
    peer: PeerId,
    name: string,
    vector: Uint8Array,
    onProgress: (receivedBytes: number, totalBytes: number) => void,
  ): Promise<Uint8Array | undefined> {
    const { mesh } = this.#options
    const answer = decodeAnswer(await mesh.request(peer, pullTopic, encodeNamed(name, vector), callOptions))
    if (answer instanceof MeshError) throw answer
    const { total, transfer, first } = answer
    if (transfer === 0) return total === 0 ? undefined : first
    const whole = new Uint8Array(total)
    whole.set(first)
    let received = first.length
    let next = first.length
    onProgress(received, total)
    const fetchPieces = async () => {
      while (next < total) {
        const offset = next
        next += Math.min(chunkBytes, total - offset)
        const piece = await this.#fetchPiece(peer, transfer, offset)
        if (piece.length !== Math.min(chunkBytes, total - offset))
          throw new MeshError('malformed', 'a piece of the wrong length')
        whole.set(piece, offset)
        received += piece.length
        onProgress(received, total)
      }
    }
    await Promise.all(Array.from({ length: chunksInFlight }, fetchPieces))
    return whole
  }

  async #fetchPiece(peer: PeerId, transfer: number, offset: number): Promise<Uint8Array> {
    for (let tries = 1; ; tries++)
      try {
        const piece = await this.#options.mesh.request(peer, chunkTopic, { transfer, offset }, callOptions)
        if (!(piece instanceof Uint8Array)) throw new MeshError('malformed', 'a piece that is no bytes')
        return piece
      } catch (error) {
        if (tries >= chunkTries || !(error instanceof MeshError) || error.code !== 'timeout') throw error
      }
  }

  close(): void {
    for (const off of this.#offs) off()
    for (const number of [...this.#kept.keys()]) this.#forget(number)
  }

  #answer(payload: unknown, from: PeerId): Uint8Array {
    const { decode, missing } = this.#options
    const question = decode(payload)
    if (question instanceof MeshError) throw question
    const update = missing(question.name, question.bytes) ?? nothing
    if (update.length <= chunkBytes) return encodeAnswer({ total: update.length, transfer: 0, first: update })
    const transfer = this.#keep(from, update)
    return encodeAnswer({ total: update.length, transfer, first: update.subarray(0, chunkBytes) })
  }

  #keep(to: PeerId, bytes: Uint8Array): number {
    if (this.#kept.size >= transfersMax || this.#keptBytes + bytes.length > transferBytesMax)
      throw new MeshError('overloaded', `${this.#kept.size} large answers are being fetched from here already`)
    const number = ++this.#number
    this.#keptBytes += bytes.length
    this.#kept.set(number, { to, bytes, stopWaiting: () => {} })
    this.#wait(number)
    return number
  }

  /** Forgets it once nobody has asked for a piece of it for a while. */
  #wait(number: number): void {
    const kept = this.#kept.get(number)
    if (!kept) return
    kept.stopWaiting()
    kept.stopWaiting = this.#options.clock.after(transferKeptMs, () => this.#forget(number))
  }

  #forget(number: number): void {
    const kept = this.#kept.get(number)
    if (!kept) return
    kept.stopWaiting()
    this.#kept.delete(number)
    this.#keptBytes -= kept.bytes.length
  }

  #piece(payload: unknown, from: PeerId): Uint8Array {
    const request = parseChunkRequest(payload)
    if (request instanceof MeshError) throw request
    const kept = this.#kept.get(request.transfer)
    if (!kept || kept.to !== from || request.offset % chunkBytes !== 0 || request.offset >= kept.bytes.length)
      throw new MeshError('malformed', 'no such piece is kept for you')
    this.#wait(request.transfer)
    return kept.bytes.subarray(request.offset, Math.min(request.offset + chunkBytes, kept.bytes.length))
  }
}
