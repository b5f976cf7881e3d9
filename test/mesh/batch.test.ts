import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MeshError } from '../../src/base/errors.ts'
import {
  batchId,
  batchKey,
  encodeUnsigned,
  framesOf,
  isGenuineBatch,
  isUnsigned,
  originOf,
} from '../../src/mesh/batch.ts'
import { seededRandom } from '../link/support/turns.ts'
import { mutated, randomBytes } from './support/fuzz.ts'
import { freshKeys } from './support/keys.ts'
import { encodeBatch } from './support/signed-batch.ts'

test('frames come back as they were, from who signed them', async () => {
  const { signer, id } = await freshKeys()
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }),
      fc.nat(),
      async (frames, number) => {
        const batch = await encodeBatch(signer, number, frames)
        expect(originOf(batch)).toBe(id)
        expect(await isGenuineBatch(batch)).toBe(true)
        expect(await framesOf(batch)).toEqual(frames)
      },
    ),
    { numRuns: 200 },
  )
})

test('a batch in the middle of a larger buffer reads the same', async () => {
  const { signer, id } = await freshKeys()
  const batch = await encodeBatch(signer, 1, [Uint8Array.of(1, 2, 3)])
  const buffer = new Uint8Array(batch.length + 20)
  buffer.set(batch, 7)
  const inside = buffer.subarray(7, 7 + batch.length)
  expect(originOf(inside)).toBe(id)
  expect(await isGenuineBatch(inside)).toBe(true)
  expect(await framesOf(inside)).toEqual([Uint8Array.of(1, 2, 3)])
})

test('a change of any byte, in the id, number, signature or frames, is found out', async () => {
  const { signer } = await freshKeys()
  const batch = await encodeBatch(signer, 1_700_000_000_000, [new TextEncoder().encode('hello'), Uint8Array.of(9)])
  for (let at = 0; at < batch.length; at++) {
    const changed = batch.slice()
    changed[at] = (changed[at] ?? 0) ^ 1
    expect(await isGenuineBatch(changed), `byte ${at}`).toBe(false)
  }
  expect(await isGenuineBatch(batch.subarray(0, -1))).toBe(false)
  expect(await isGenuineBatch(Uint8Array.of(...batch, 0))).toBe(false)
})

test('nobody signs for another', async () => {
  const [ada, eve] = [await freshKeys(), await freshKeys()]
  const forged = await encodeBatch({ id: ada.id, sign: eve.signer.sign }, 1, [Uint8Array.of(1)])
  expect(originOf(forged)).toBe(ada.id)
  expect(await isGenuineBatch(forged)).toBe(false)
})

test('every copy of a batch has one id; another batch, or a forged one in its name, has another', async () => {
  const [ada, eve] = [await freshKeys(), await freshKeys()]
  const frames = [Uint8Array.of(1)]
  const batches = [
    await encodeBatch(ada.signer, 1, frames),
    await encodeBatch(ada.signer, 2, frames),
    await encodeBatch(eve.signer, 1, frames),
    await encodeBatch({ id: ada.id, sign: eve.signer.sign }, 1, frames),
  ]
  expect(new Set(batches.map(batch => batchKey(batchId(batch)))).size).toBe(4)
  expect(batchKey(batchId(batches[0]?.slice() as Uint8Array))).toBe(batchKey(batchId(batches[0] as Uint8Array)))
  expect(batchKey(new Uint8Array(5_000_000)).length).toBeLessThan(200) // as an offer of somebody hostile may have it
})

test('a batch without a signature is known as such, and not taken for genuine', async () => {
  const { signer } = await freshKeys()
  const frames = [Uint8Array.of(1, 2, 3)]
  const bare = await encodeUnsigned(signer.id, 1, frames)
  const signed = await encodeBatch(signer, 1, frames)
  expect([isUnsigned(bare), isUnsigned(signed)]).toEqual([true, false])
  expect(await isGenuineBatch(bare)).toBe(false)
  expect(await isGenuineBatch(signed)).toBe(true)
  expect(framesOf(bare)).toEqual(framesOf(signed))
})

test('of 100,000 random and mutated byte strings none throws, and none of a sample is genuine', async () => {
  const { signer } = await freshKeys()
  const random = seededRandom(2)
  const valid = await encodeBatch(signer, 1, [Uint8Array.of(1, 2, 3), new Uint8Array(0), new Uint8Array(40)])
  let malformed = 0
  for (let round = 0; round < 100_000; round++) {
    const bytes = round % 4 === 0 ? randomBytes(random, 200) : mutated(random, valid)
    originOf(bytes)
    batchKey(batchId(bytes))
    const frames = framesOf(bytes)
    if (frames instanceof MeshError) malformed++
    const isChanged = bytes.length !== valid.length || bytes.some((byte, at) => byte !== valid[at])
    if (round % 50 === 0) expect(await isGenuineBatch(bytes)).toBe(!isChanged)
  }
  expect(malformed).toBeGreaterThan(10_000)
}, 60_000)

/** Frames much alike, as those of one application are. */
const alike = (count: number) =>
  Array.from({ length: count }, (_, at) =>
    new TextEncoder().encode(`{"kind":"broadcast","id":"${at}","topic":"news"}{"at":${at}}`),
  )

test('many frames are deflated, a few are not, and both come back as they were', async () => {
  const { signer } = await freshKeys()
  for (const count of [1, 2, 200, 2_000]) {
    const frames = alike(count)
    const batch = await encodeBatch(signer, 1, frames)
    const plainBytes = frames.reduce((sum, frame) => sum + frame.length + 4, 0)
    if (count >= 200) expect(batch.length).toBeLessThan(plainBytes / 4)
    else expect(batch.length).toBeGreaterThan(plainBytes)
    expect(await framesOf(batch)).toEqual(frames)
    expect(await isGenuineBatch(batch)).toBe(true)
  }
  const noise = [randomBytes(seededRandom(1), 60_000)]
  const batch = await encodeBatch(signer, 1, noise)
  expect(await framesOf(batch)).toEqual(noise)
})

test('of what inflates to more than a batch can hold, or does not inflate, nothing is read', async () => {
  const { signer } = await freshKeys()
  const bomb = new Uint8Array(64 * 1024 * 1024)
  const batch = await encodeBatch(signer, 1, [bomb])
  expect(batch.length).toBeLessThan(200_000)
  expect(await framesOf(batch)).toBeInstanceOf(MeshError)
  const cut = await encodeBatch(signer, 1, alike(200))
  for (const length of [cut.length - 1, cut.length - 100, 130])
    expect(await framesOf(cut.subarray(0, length))).toBeInstanceOf(MeshError)
  const random = seededRandom(3)
  for (let round = 0; round < 2_000; round++) await framesOf(mutated(random, cut)) // never rejects
})
