/** The sample corpus as it is committed, and jobs over it. */
import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { canonicalJson } from '../../src/work/canonical.ts'
import { cutBlocks } from '../../src/work/cut.ts'
import { sha256Hex } from '../../src/work/hash.ts'
import { createSample } from '../../src/work/sample.ts'
import { targetFor } from '../../src/work/shard.ts'
import { ended, Lab } from './support/lab.ts'
import { referenceCount } from './support/texts.ts'

const folder = new URL('../../public/sample/', import.meta.url)
const load = async (file: string) => new Uint8Array(await readFile(new URL(file, folder)))

let lab: Lab
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.close())

describe('the sample', { timeout: 60_000 }, () => {
  test('is cut in its index as a tab would cut it', async () => {
    const inputs = await createSample(load).inputs()
    const total = inputs.reduce((sum, { bytes }) => sum + bytes, 0)
    expect(inputs.length).toBeGreaterThan(400)
    expect(total).toBeLessThanOrEqual(6_000_000)
    for (const { name, blocks } of inputs) {
      async function* chunks() {
        yield await load(name)
      }
      const cut: unknown[] = []
      for await (const { bytes, lines } of cutBlocks(name, chunks(), targetFor(total)))
        cut.push({ hash: await sha256Hex(bytes), bytes: bytes.length, lines })
      expect(blocks, name).toEqual(cut)
    }
  })

  test('gives out its own blocks only, and none that is not what its hash says', async () => {
    const sample = createSample(load)
    const [first] = await sample.inputs()
    const hash = first?.blocks[0]?.hash
    if (!first || !hash) throw new Error('an empty sample')
    expect(await sample.block(hash)).toEqual(await load(first.name))
    expect(await sample.block('0'.repeat(64) as typeof hash)).toBeUndefined()
    const corrupt = createSample(async file => (file === 'index.json' ? await load(file) : new Uint8Array(first.bytes)))
    expect(await corrupt.block(hash)).toBeUndefined()
  })

  test('says when it cannot be loaded, and tries again the next time', async () => {
    let isDown = true
    const sample = createSample(async file => {
      if (isDown) throw new Error('offline')
      return await load(file)
    })
    await expect(sample.inputs()).rejects.toMatchObject({ code: 'unreachable' })
    isDown = false
    expect((await sample.inputs()).length).toBeGreaterThan(0)
  })

  test('is counted alike by tabs that load it and by one that gets it from them', async () => {
    const ada = lab.join('ada', { sample: createSample(load) })
    const ben = lab.join('ben') // a Node peer, say
    const id = await ada.work.startJob({
      program: { kind: 'capability', capability: 'text.count-words', options: null },
      inputs: 'sample',
    })
    const inputs = await createSample(load).inputs()
    const texts = await Promise.all(inputs.map(async ({ name }) => new TextDecoder().decode(await load(name))))
    for (const peer of [ada, ben]) {
      const view = await ended(peer, id)
      expect(canonicalJson(view.result ?? null)).toBe(canonicalJson(referenceCount(texts)))
      expect(view.perPeer.map(({ name }) => name).sort()).toEqual(['ada', 'ben'])
    }
  })

  test('is asked for in vain where there is none', async () => {
    const program = { kind: 'capability', capability: 'text.count-words', options: null } as const
    await expect(lab.join('ada').work.startJob({ program, inputs: 'sample' })).rejects.toMatchObject({
      code: 'unsupported',
    })
  })
})
