/** Shards: every block in exactly one, in order, with the right line numbers, the same at every peer. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { BlockHash } from '../../src/base/ids.ts'
import { inputBytes, shardsOf, targetFor } from '../../src/work/shard.ts'

const block = fc.record({
  hash: fc.constant('0'.repeat(64) as BlockHash),
  bytes: fc.integer({ min: 1, max: 300_000 }),
  lines: fc.integer({ min: 0, max: 50 }),
})
const input = fc.array(block, { maxLength: 12 }).map(blocks => {
  return { name: 'a.txt', bytes: blocks.reduce((sum, { bytes }) => sum + bytes, 0), blocks }
})
const inputs = fc.array(input, { maxLength: 12 })

test('puts every block into exactly one shard, in order, with its first line', () => {
  fc.assert(
    fc.property(inputs, given => {
      const spec = { inputs: given }
      const shards = shardsOf(spec)
      const pieces = shards.flatMap(shard => shard.pieces)
      expect(pieces.map(piece => piece.block)).toEqual(given.flatMap(input => input.blocks))
      expect(pieces.map(piece => piece.number)).toEqual(pieces.map((_, at) => at))
      expect(shards.map(shard => shard.number)).toEqual(shards.map((_, at) => at))
      expect(shards.reduce((sum, shard) => sum + shard.bytes, 0)).toBe(inputBytes(spec))
      for (const { input, firstLine, block } of pieces) {
        const before = given[input]?.blocks.slice(0, given[input]?.blocks.indexOf(block)) ?? []
        expect(firstLine).toBe(1 + before.reduce((sum, { lines }) => sum + lines, 0))
      }
      for (const shard of shards)
        if (shard.pieces.length > 1) expect(shard.bytes).toBeLessThanOrEqual(targetFor(inputBytes(spec)))
    }),
  )
})
