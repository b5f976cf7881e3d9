/** A Yjs document as a replica: any order gives the same, and nothing that comes from outside breaks it. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { MeshError } from '../../src/base/errors.ts'
import type { PeerId } from '../../src/base/ids.ts'
import { DocReplica } from '../../src/crdt/doc-replica.ts'
import { documentBytesMax } from '../../src/crdt/limits.ts'
import type { Origin } from '../../src/crdt/replica.ts'

const peer: Origin = { kind: 'peer', peer: 'someone' as PeerId, isWhole: false }

/** A history of edits by several authors who hear each other now and then; as updates, one for each edit. */
function historyOf(edits: readonly (readonly [author: number, at: number, kind: number])[]): Uint8Array[] {
  const updates: Uint8Array[] = []
  const docs = [0, 1, 2].map(author => {
    const doc = new Y.Doc()
    doc.clientID = author + 1
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'heard') updates.push(update)
    })
    return doc
  })
  for (const [author, at, kind] of edits) {
    const doc = docs[author % docs.length] as Y.Doc
    const text = doc.getText('text')
    const place = text.length === 0 ? 0 : at % text.length
    if (kind === 0) text.insert(place, `w${at} `)
    else if (kind === 1) text.delete(place, Math.min(3, text.length - place))
    else if (kind === 2) doc.getMap('map').set(`key ${at % 3}`, at)
    else if (kind === 3) doc.getMap('map').delete(`key ${at % 3}`)
    else for (const other of docs) Y.applyUpdate(doc, Y.encodeStateAsUpdate(other), 'heard')
  }
  return updates
}

const edits = fc.array(fc.tuple(fc.nat(2), fc.nat(50), fc.nat(4)), { minLength: 1, maxLength: 40 })

describe('a document', () => {
  test('G1: is the same for any order of the same updates, and for doubled ones', () => {
    const run = fc.property(edits, fc.infiniteStream(fc.nat(1_000)), (history, chances) => {
      const updates = historyOf(history)
      const [one, other] = [new DocReplica('doc/a'), new DocReplica('doc/a')]
      for (const update of updates) one.merge(update, peer)
      const shuffled = [...updates, ...updates.slice(0, 5)]
        .map(update => ({ update, key: chances.next().value ?? 0 }))
        .sort((a, b) => a.key - b.key)
      for (const { update } of shuffled) other.merge(update, peer)
      expect(other.digest()).toBe(one.digest())
      expect(other.doc.getText('text').toString()).toBe(one.doc.getText('text').toString())
      expect(other.doc.getMap('map').toJSON()).toEqual(one.doc.getMap('map').toJSON())
    })
    fc.assert(run, { numRuns: 200 })
  })

  test('G1: is the same after loss, once each has asked the other for what is missing', () => {
    const run = fc.property(edits, fc.infiniteStream(fc.boolean()), (history, keeps) => {
      const [one, other] = [new DocReplica('doc/a'), new DocReplica('doc/a')]
      for (const update of historyOf(history))
        for (const replica of [one, other]) if (keeps.next().value) replica.merge(update, peer)
      for (const [asker, asked] of [
        [one, other],
        [other, one],
        [one, other],
      ] as const) {
        const missing = asked.missing(asker.vector())
        if (missing) asker.merge(missing, peer)
      }
      expect(other.digest()).toBe(one.digest())
      expect(other.doc.getText('text').toString()).toBe(one.doc.getText('text').toString())
    })
    fc.assert(run, { numRuns: 200 })
  })

  test('has another digest when only a deletion is missing', () => {
    const one = new DocReplica('doc/a')
    one.doc.getText('text').insert(0, 'to be deleted')
    const other = new DocReplica('doc/a')
    other.merge(Y.encodeStateAsUpdate(one.doc), peer)
    one.doc.getText('text').delete(0, 5)
    expect(Y.encodeStateVector(one.doc)).toEqual(Y.encodeStateVector(other.doc))
    expect(one.digest()).not.toBe(other.digest())
  })

  test('survives updates cut short, with flipped bits, or of pure chance: each is dropped or taken in, nothing throws', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.tuple(edits, fc.nat(), fc.nat(255)).map(([history, at, flip]) => {
        const update = Y.mergeUpdates(historyOf(history).length > 0 ? historyOf(history) : [new Uint8Array([0, 0])])
        const damaged = flip % 3 === 0 ? update.slice(0, 1 + (at % update.length)) : update.slice()
        if (flip % 3 > 0) damaged[at % damaged.length] = (damaged[at % damaged.length] ?? 0) ^ flip
        return damaged
      }),
    )
    const seen = { dropped: 0, taken: 0 }
    const run = fc.property(bytes, update => {
      const replica = new DocReplica('doc/a')
      replica.doc.getText('text').insert(0, 'what was here')
      const problem = replica.merge(update, peer)
      seen[problem ? 'dropped' : 'taken']++
      if (problem) {
        expect(problem).toBeInstanceOf(MeshError)
        expect(problem.code).toBe('malformed')
      }
      expect(replica.isBroken).toBe(false)
      // Still a document: it can be written out, read, and changed.
      const copy = new DocReplica('doc/a')
      expect(copy.merge(Y.encodeStateAsUpdate(replica.doc), peer)).toBeUndefined()
      expect(copy.digest()).toBe(replica.digest())
      replica.doc.getText('text').insert(0, 'more ')
      expect(replica.doc.getText('text').toString()).toContain('more ')
    })
    fc.assert(run, { numRuns: 1_000 })
    expect(seen.dropped).toBeGreaterThan(100)
    expect(seen.taken).toBeGreaterThan(20)
  })

  test('changes nothing for an update whose second half makes no sense', () => {
    const author = new DocReplica('doc/a')
    author.doc.clientID = 1
    author.doc.getText('text').insert(0, 'abc')
    // One struct that is fine, then a deletion of what nobody wrote, with a length that ends nowhere.
    const update = Y.encodeStateAsUpdate(author.doc)
    const damaged = Uint8Array.of(...update.slice(0, -1), 1, 1, 1, 2)
    const replica = new DocReplica('doc/a')
    expect(replica.merge(damaged, peer)?.code).toBe('malformed')
    expect(replica.doc.getText('text').toString()).toBe('')
  })

  test('throws `malformed` for a vector that makes no sense', () => {
    const replica = new DocReplica('doc/a')
    expect(() => replica.missing(new Uint8Array([5, 255]))).toThrow(expect.objectContaining({ code: 'malformed' }))
  })

  test('refuses what would make it larger than a document may be', () => {
    const replica = new DocReplica('doc/a')
    const problem = replica.merge(new Uint8Array(documentBytesMax + 1), peer)
    expect(problem?.code).toBe('too-large')
  })
})
