/**
 * Sees to it that each block of a job lies in two browsers, so that the tab which brought it may close. The coordinator does this,
 * whoever it is: it asks who holds what, and asks peers of another browser to keep what lies in one only.
 */
import * as v from 'valibot'
import type { BlockHash, JobId, PeerId } from '../../base/ids.ts'
import type { Mesh } from '../../mesh/types.ts'
import { blocksMax, keepBlocksMax, keepTimeoutMs } from '../limits.ts'
import { inputBytes } from '../shard.ts'
import type { JobSpec } from '../types.ts'
import type { BlockExchange } from './exchange.ts'
import type { BlockStore } from './store.ts'

const keptSchema = v.strictObject({
  kept: v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0))), v.maxLength(blocksMax)),
})

export interface CopiesOptions {
  readonly mesh: Mesh
  readonly store: BlockStore
  readonly exchange: BlockExchange
  /** This tab's own `browser`, as it announces it. */
  readonly browser: string
}

/** One round. Resolves with whether every block would outlive the closing of any one tab. Never rejects. */
export async function copyOut(job: JobSpec, options: CopiesOptions, signal: AbortSignal): Promise<boolean> {
  const { mesh, store, browser } = options
  if (mesh.peers.length === 0) return false // nobody would go on with it
  if (job.corpus === 'sample' || inputBytes(job) === 0) return true
  const hashes = [...new Set(job.inputs.flatMap(input => input.blocks.map(block => block.hash)))]
  const browsersOf = await holdersByBrowser(hashes, options)
  const strangers = mesh.peers.filter(peer => peer.browser !== browser && peer.state === 'alive')
  const isSafe = (hash: BlockHash) => {
    const browsers = browsersOf.get(hash)?.size ?? 0
    // With siblings only, the browser's own store outlives the tab.
    return browsers >= 2 || (browsers === 1 && strangers.length === 0 && store.isShared)
  }
  const unsafe = hashes.filter(hash => !isSafe(hash))
  if (strangers.length === 0) {
    if (store.isShared) return unsafe.length === 0
    return keepAt(mesh.peers, job.id, unsafe, options, signal)
  }
  return keepAt(strangers, job.id, unsafe, options, signal)
}

async function holdersByBrowser(
  hashes: readonly BlockHash[],
  { mesh, store, exchange, browser }: CopiesOptions,
): Promise<Map<BlockHash, Set<string>>> {
  const browsersOf = new Map<BlockHash, Set<string>>(hashes.map(hash => [hash, new Set<string>()]))
  for (const hash of await store.held(hashes)) browsersOf.get(hash)?.add(browser)
  const browserOf = new Map(mesh.peers.map(peer => [peer.id, peer.browser]))
  for (const [peer, held] of await exchange.holders(hashes)) {
    const theirs = browserOf.get(peer)
    if (theirs !== undefined) for (const hash of held) browsersOf.get(hash)?.add(theirs)
  }
  return browsersOf
}

/** Hands the blocks to `keepers` in turn, one request at a time per keeper. */
async function keepAt(
  keepers: readonly { readonly id: PeerId }[],
  job: JobId,
  hashes: readonly BlockHash[],
  { mesh }: CopiesOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const batches: BlockHash[][] = []
  for (let at = 0; at < hashes.length; at += keepBlocksMax) batches.push(hashes.slice(at, at + keepBlocksMax))
  let keptAll = true
  const serveKeeper = async (keeper: PeerId) => {
    for (let batch = batches.pop(); batch && !signal.aborted; batch = batches.pop()) {
      const reply = await mesh
        .request(keeper, 'block.keep', { job, hashes: batch }, { timeoutMs: keepTimeoutMs, lane: 'bulk', signal })
        .catch(() => undefined)
      const kept = v.safeParse(keptSchema, reply)
      if (!kept.success || new Set(kept.output.kept).size < batch.length) {
        keptAll = false
        return
      }
    }
  }
  await Promise.all(keepers.map(keeper => serveKeeper(keeper.id)))
  return keptAll && batches.length === 0
}
