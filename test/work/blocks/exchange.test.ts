/** Blocks between peers: checked on arrival, fetched from whoever has them, copied to other browsers. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { BlockHash, JobId } from '../../../src/base/ids.ts'
import { copyOut } from '../../../src/work/blocks/copies.ts'
import { BlockExchange } from '../../../src/work/blocks/exchange.ts'
import { type BlockStore, createMemoryStore } from '../../../src/work/blocks/store.ts'
import { sha256Hex } from '../../../src/work/hash.ts'
import type { JobSpec } from '../../../src/work/types.ts'
import { type FakeMesh, FakeNetwork } from '../support/fake-mesh.ts'

const job = 'job' as JobId
const signal = new AbortController().signal

let network: FakeNetwork
beforeEach(() => {
  network = new FakeNetwork()
})

interface Peer {
  readonly mesh: FakeMesh
  readonly store: BlockStore
  readonly exchange: BlockExchange
  readonly counts: string[]
}

function join(name: string, options: { browser?: string; store?: BlockStore; wants?: boolean } = {}): Peer {
  const { browser = name, store = createMemoryStore(), wants = true } = options
  const mesh = network.join(name, { browser })
  const counts: string[] = []
  const exchange = new BlockExchange({
    mesh,
    store,
    fromOrigin: async () => undefined,
    isWanted: async () => wants,
    count: counter => counts.push(counter),
  })
  return { mesh, store, exchange, counts }
}

async function blockOf(text: string): Promise<{ hash: BlockHash; bytes: Uint8Array }> {
  const bytes = new TextEncoder().encode(text)
  return { hash: (await sha256Hex(bytes)) as BlockHash, bytes }
}

describe('fetching a block', () => {
  test('asks those who may have it, then whoever says so, and keeps a copy', async () => {
    const [ada, ben, cyd] = ['ada', 'ben', 'cyd'].map(name => join(name)) as [Peer, Peer, Peer]
    const { hash, bytes } = await blockOf('text')
    await cyd.store.put(job, hash, bytes)
    expect(await ada.exchange.get(job, hash, [ben.mesh.id])).toEqual(bytes)
    expect(await ada.store.get(hash)).toEqual(bytes)
  })

  test('drops a corrupt block, counts it, and takes a good one elsewhere', async () => {
    const [ada, ben, cyd] = ['ada', 'ben', 'cyd'].map(name => join(name)) as [Peer, Peer, Peer]
    const { hash, bytes } = await blockOf('text')
    await ben.store.put(job, hash, bytes)
    await cyd.store.put(job, hash, bytes)
    network.faults.forges = (topic, by, answer) =>
      topic === 'block.get' && by === ben.mesh.id ? new TextEncoder().encode('forged') : answer
    expect(await ada.exchange.get(job, hash, [ben.mesh.id])).toEqual(bytes)
    expect(ada.counts).toContain('block-corrupt')
  })

  test('says that the input is lost when nobody has it', async () => {
    const [ada, ben] = ['ada', 'ben'].map(name => join(name)) as [Peer, Peer]
    const { hash } = await blockOf('text')
    await expect(ada.exchange.get(job, hash, [ben.mesh.id])).rejects.toMatchObject({ code: 'input-lost' })
  })

  test('fetches once what is asked for twice at a time', async () => {
    const [ada, ben] = ['ada', 'ben'].map(name => join(name)) as [Peer, Peer]
    const { hash, bytes } = await blockOf('text')
    await ben.store.put(job, hash, bytes)
    await Promise.all([ada.exchange.get(job, hash, [ben.mesh.id]), ada.exchange.get(job, hash, [ben.mesh.id])])
    expect(network.sent.filter(({ topic }) => topic === 'block.get').length).toBe(2) // question and answer
  })

  test.each([{}, { hash: 1 }, { hash: '../etc' }, null])('refuses the malformed question %j', async payload => {
    const [ada, ben] = ['ada', 'ben'].map(name => join(name)) as [Peer, Peer]
    for (const topic of ['block.get', 'block.has', 'block.keep'])
      await expect(ada.mesh.request(ben.mesh.id, topic, payload as never)).rejects.toMatchObject({
        code: 'handler-failed',
      })
  })
})

describe('copying out', () => {
  async function jobAt(peer: Peer, count: number): Promise<JobSpec> {
    const blocks: { hash: BlockHash; bytes: number; lines: number }[] = []
    for (let at = 0; at < count; at++) {
      const { hash, bytes } = await blockOf(`block ${at}`)
      await peer.store.put(job, hash, bytes)
      blocks.push({ hash, bytes: bytes.length, lines: 0 })
    }
    const inputs = [{ name: 'a', bytes: blocks.reduce((sum, block) => sum + block.bytes, 0), blocks }]
    return { id: job, inputs } as unknown as JobSpec
  }
  const copiesOf = ({ mesh, store, exchange }: Peer, browser: string) => ({ mesh, store, exchange, browser })

  test('is safe only when each block lies in another browser, siblings not counted', async () => {
    const shared = { ...createMemoryStore(), isShared: true }
    const ada = join('ada', { browser: 'one', store: shared })
    join('sibling', { browser: 'one', store: shared })
    const [ben, cyd] = [join('ben'), join('cyd')]
    const spec = await jobAt(ada, 30)
    expect(await copyOut(spec, copiesOf(ada, 'one'), signal)).toBe(true)
    const hashes = spec.inputs.flatMap(input => input.blocks.map(block => block.hash))
    const atBen = await ben.store.held(hashes)
    const atCyd = await cyd.store.held(hashes)
    expect(atBen.size + atCyd.size).toBe(30) // once each, spread over both
    expect(Math.min(atBen.size, atCyd.size)).toBeGreaterThan(0)
    network.sent.length = 0
    expect(await copyOut(spec, copiesOf(ada, 'one'), signal)).toBe(true)
    expect(network.sent.some(({ topic }) => topic === 'block.keep')).toBe(false)
  })

  test('relies on the shared store when only siblings are here, and on nothing when nobody is', async () => {
    const shared = { ...createMemoryStore(), isShared: true }
    const ada = join('ada', { browser: 'one', store: shared })
    const spec = await jobAt(ada, 2)
    expect(await copyOut(spec, copiesOf(ada, 'one'), signal)).toBe(false)
    join('sibling', { browser: 'one', store: shared })
    expect(await copyOut(spec, copiesOf(ada, 'one'), signal)).toBe(true)
  })

  test('is not safe while the others refuse, for want of room or of the job', async () => {
    const ada = join('ada')
    join('full', { store: createMemoryStore({ bytesMax: 0 }) })
    const spec = await jobAt(ada, 3)
    expect(await copyOut(spec, copiesOf(ada, 'ada'), signal)).toBe(false)
    const stranger = join('stranger', { wants: false })
    expect(await copyOut(spec, copiesOf(ada, 'ada'), signal)).toBe(false)
    expect(await stranger.store.held(spec.inputs.flatMap(input => input.blocks.map(block => block.hash)))).toEqual(
      new Set(),
    )
  })
})
