/**
 * Blocks between peers. A peer serves what it holds, fetches what it lacks, and on request keeps a copy for others. Whatever arrives is
 * checked against its hash, so any peer may serve any block.
 *
 *   block.get  { hash }          -> the bytes, or { missing: true }
 *   block.has  { hashes }        -> { held: [indices into hashes] }
 *   block.keep { job, hashes }   -> { kept: [indices into hashes] }   the receiver fetches them, usually from the asker
 */
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import type { BlockHash, JobId, PeerId } from '../../base/ids.ts'
import type { Payload } from '../../base/json.ts'
import type { Mesh } from '../../mesh/types.ts'
import { hashSchema } from '../block-hash.ts'
import { sha256Hex } from '../hash.ts'
import { blockBytesMax, blockFetchTimeoutMs, blocksMax, holdersTriedMax, keepBlocksMax } from '../limits.ts'
import type { BlockStore } from './store.ts'

const getSchema = v.strictObject({ hash: hashSchema })
const hasSchema = v.strictObject({ hashes: v.pipe(v.array(hashSchema), v.maxLength(blocksMax)) })
const keepSchema = v.strictObject({
  job: v.pipe(v.string(), v.maxLength(64)),
  hashes: v.pipe(v.array(hashSchema), v.maxLength(keepBlocksMax)),
})
const indices = v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0))), v.maxLength(blocksMax))
const heldSchema = v.strictObject({ held: indices })

export interface ExchangeOptions {
  readonly mesh: Mesh
  readonly store: BlockStore
  /** Blocks that the origin serves, such as the sample's. */
  readonly fromOrigin: (hash: BlockHash) => Promise<Uint8Array | undefined>
  /** Whether that job, which `from` can tell of, still needs that block: nobody fills our store with anything else. */
  readonly isWanted: (job: JobId, hash: BlockHash, from?: PeerId) => Promise<boolean>
  readonly count: (counter: string) => void
}

export class BlockExchange {
  readonly #options: ExchangeOptions
  readonly #fetching = new Map<BlockHash, Promise<Uint8Array>>()
  readonly #offs: (() => void)[]

  constructor(options: ExchangeOptions) {
    this.#options = options
    const { mesh } = options
    this.#offs = [
      mesh.handle('block.get', payload => this.#serve(payload)),
      mesh.handle('block.has', payload => this.#tell(payload)),
      mesh.handle('block.keep', (payload, { from }) => this.#keep(payload, from)),
    ]
  }

  /** The block: from the own store, the origin, the peers in `hints`, or whoever says it has it. Rejects with `input-lost`. */
  get(job: JobId, hash: BlockHash, hints: readonly PeerId[]): Promise<Uint8Array> {
    const running = this.#fetching.get(hash)
    if (running) return running
    const fetching = this.#find(job, hash, hints).finally(() => this.#fetching.delete(hash))
    this.#fetching.set(hash, fetching)
    return fetching
  }

  /** Per peer that answered, which of `hashes` it holds. */
  async holders(hashes: readonly BlockHash[]): Promise<ReadonlyMap<PeerId, ReadonlySet<BlockHash>>> {
    const outcomes = await this.#options.mesh.gather('block.has', { hashes }, { timeoutMs: 3_000 })
    const holders = new Map<PeerId, ReadonlySet<BlockHash>>()
    for (const outcome of outcomes) {
      const reply = outcome.status === 'value' ? v.safeParse(heldSchema, outcome.value) : undefined
      if (reply?.success) holders.set(outcome.peer, new Set(reply.output.held.flatMap(at => hashes[at] ?? [])))
    }
    return holders
  }

  close(): void {
    for (const off of this.#offs) off()
  }

  async #find(job: JobId, hash: BlockHash, hints: readonly PeerId[]): Promise<Uint8Array> {
    const own = (await this.#options.store.get(hash)) ?? (await this.#options.fromOrigin(hash))
    if (own) return own
    const { mesh } = this.#options
    const present = new Set(mesh.peers.map(peer => peer.id))
    const tried = new Set<PeerId>()
    const tryEach = async (peers: readonly PeerId[]): Promise<Uint8Array | undefined> => {
      for (const peer of peers) {
        if (tried.has(peer) || !present.has(peer) || tried.size >= holdersTriedMax + hints.length) continue
        tried.add(peer)
        const bytes = await this.#ask(peer, hash)
        if (bytes) return bytes
      }
      return undefined
    }
    const found =
      (await tryEach(hints)) ??
      (await tryEach([...(await this.holders([hash]))].filter(([, held]) => held.has(hash)).map(([peer]) => peer)))
    if (!found) throw new MeshError('input-lost', 'No tab here holds this part of the input any more.')
    // A second holder, now that we have it; where there is no room we do without.
    if (await this.#options.isWanted(job, hash))
      await this.#options.store.put(job, hash, found).catch(() => this.#options.count('block-not-kept'))
    return found
  }

  async #ask(peer: PeerId, hash: BlockHash): Promise<Uint8Array | undefined> {
    const { mesh, count } = this.#options
    try {
      const reply = await mesh.request(peer, 'block.get', { hash }, { lane: 'bulk', timeoutMs: blockFetchTimeoutMs })
      if (!(reply instanceof Uint8Array) || reply.length > blockBytesMax) return undefined
      if ((await sha256Hex(reply)) === hash) return reply
      count('block-corrupt')
    } catch {
      count('block-ask-failed') // gone or slow: the next holder is tried
    }
    return undefined
  }

  async #serve(payload: Payload): Promise<Payload> {
    const { hash } = parse(getSchema, payload)
    const { store, fromOrigin } = this.#options
    return (await store.get(hash)) ?? (await fromOrigin(hash)) ?? { missing: true }
  }

  async #tell(payload: Payload): Promise<Payload> {
    const { hashes } = parse(hasSchema, payload)
    const held = await this.#options.store.held(hashes)
    return { held: hashes.flatMap((hash, at) => (held.has(hash) ? [at] : [])) }
  }

  async #keep(payload: Payload, from: PeerId): Promise<Payload> {
    const { job, hashes } = parse(keepSchema, payload)
    const keeping = hashes.map(hash => this.#keepOne(job as JobId, hash, from))
    const isKept = await Promise.all(keeping)
    return { kept: hashes.flatMap((_, at) => (isKept[at] ? [at] : [])) }
  }

  async #keepOne(job: JobId, hash: BlockHash, from: PeerId): Promise<boolean> {
    const { store, isWanted, count } = this.#options
    if (!(await isWanted(job, hash, from))) return false
    try {
      // `get` kept what it fetched; what lay here for another job is kept for this one too.
      await store.put(job, hash, await this.get(job, hash, [from]))
      return true
    } catch {
      count('block-not-kept')
      return false
    }
  }
}

/** Throws `malformed`: the mesh answers the asker with it. */
export function parse<Schema extends v.GenericSchema>(schema: Schema, payload: unknown): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, payload)
  if (!parsed.success) throw new MeshError('malformed', v.summarize(parsed.issues))
  return parsed.output
}
