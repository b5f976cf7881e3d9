import { peerIdFromString } from '@libp2p/peer-id'
import fc from 'fast-check'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import type { PeerId } from '../../src/base/ids.ts'
import { isSignature, signing } from '../../src/mesh/ed25519.ts'
import { membersMax } from '../../src/mesh/limits.ts'
import { isSignedBy, openRecord, type Purpose, signRecord } from '../../src/mesh/signed.ts'
import { freshKeys } from './support/keys.ts'

const schema = v.strictObject({ word: v.string() })

test('a record opens to its content and its author', async () => {
  const { signer, id } = await freshKeys()
  const record = await signRecord(signer, 'signal', { word: 'hello' })
  expect(await openRecord(record, 'signal', schema)).toEqual({ by: id, content: { word: 'hello' } })
  expect(await openRecord(JSON.parse(JSON.stringify(record)), 'signal', schema)).toBeDefined()
})

test('a record of one purpose is none of another', async () => {
  const { signer } = await freshKeys()
  const purposes: Purpose[] = ['announcement', 'broadcast', 'goodbye', 'signal', 'relay', 'verdict']
  for (const signed of purposes)
    for (const asked of purposes) {
      const record = await signRecord(signer, signed, { word: 'hello' })
      expect((await openRecord(record, asked, schema)) !== undefined, `${signed} as ${asked}`).toBe(signed === asked)
    }
})

test('a record that another signed, that was changed, or that does not fit its schema does not open', async () => {
  const [ada, eve] = [await freshKeys(), await freshKeys()]
  const record = await signRecord(ada.signer, 'signal', { word: 'hello' })
  const bad: [string, unknown][] = [
    ['by another', { ...record, by: eve.id }],
    ['of other words', { ...record, json: record.json.replace('hello', 'jello') }],
    ['reformatted', { ...record, json: ` ${record.json}` }],
    ['with half a signature', { ...record, signature: record.signature.slice(0, 40) }],
    ['with no signature', { ...record, signature: '' }],
    ['with a signature that is no base64url', { ...record, signature: '*'.repeat(86) }],
    ['with a field more', { ...record, note: 1 }],
    ['that is too long', { ...record, json: 'x'.repeat(20_000) }],
    ['of another form', await signRecord(ada.signer, 'signal', { word: 1 })],
    ['whose content is nothing', await signRecord(ada.signer, 'signal', null)],
  ]
  for (const [what, value] of bad) expect(await openRecord(value, 'signal', schema), what).toBeUndefined()
})

test('the key of another kind signs nothing here: only Ed25519 ids are peers', async () => {
  const { key, id } = await freshKeys('secp256k1')
  const content = new TextEncoder().encode('hello')
  const signature = await key.sign(content)
  expect(await key.publicKey.verify(content, signature)).toBe(true)
  expect(await isSignature(id, content, signature)).toBe(false)
})

test('signatures agree with those of libp2p, both ways', async () => {
  const { key, id } = await freshKeys()
  const sign = signing(key)
  const { publicKey } = peerIdFromString(id)
  for (const length of [0, 1, 100, 70_000]) {
    const content = Uint8Array.from({ length }, (_, at) => at % 256)
    const [ours, theirs] = [await sign(content), await key.sign(content)]
    expect(ours).toEqual(new Uint8Array(theirs)) // Ed25519 is deterministic
    expect(await publicKey?.verify(content, ours)).toBe(true)
    expect(await isSignature(id, content, theirs)).toBe(true)
    theirs[0] = (theirs[0] ?? 0) ^ 1
    expect(await isSignature(id, content, theirs)).toBe(false)
  }
})

test('garbage in any place is refused without a throw', async () => {
  const { id } = await freshKeys()
  await fc.assert(
    fc.asyncProperty(
      fc.string(),
      fc.uint8Array(),
      fc.uint8Array(),
      fc.anything(),
      async (by, content, signature, value) => {
        expect(await isSignature(by as PeerId, content, signature)).toBe(false)
        expect(await isSignedBy(id, 'relay', content, signature)).toBe(false)
        expect(await openRecord(value, 'signal', schema)).toBeUndefined()
        expect(await openRecord({ by, json: '{}', signature: 'AA' }, 'signal', schema)).toBeUndefined()
      },
    ),
    { numRuns: 500 },
  )
})

test('a flood of made-up ids pushes nobody out for good', async () => {
  const { signer, id } = await freshKeys()
  const record = await signRecord(signer, 'signal', { word: 'hello' })
  expect(await openRecord(record, 'signal', schema)).toBeDefined()
  for (let at = 0; at <= membersMax; at++)
    await isSignature(`made up ${at}` as PeerId, new Uint8Array(1), new Uint8Array(64))
  expect(await openRecord(record, 'signal', schema)).toMatchObject({ by: id })
})
