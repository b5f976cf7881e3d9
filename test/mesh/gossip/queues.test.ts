/** Queues of broadcasts: who leaves first, how much waits, and when a publisher is made to wait or refused. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MeshError } from '../../../src/base/errors.ts'
import { bytesPerFrame } from '../../../src/mesh/batch.ts'
import { type Priority, priorities, Queues } from '../../../src/mesh/gossip/queues.ts'
import { broadcastsWaitingMax, criticalQueueBytesMax, lowQueueBytesMax } from '../../../src/mesh/limits.ts'

/** A frame that says which it is. */
function frame(priority: Priority, number = 0, bytes = 100): Uint8Array {
  const made = new Uint8Array(bytes)
  made[0] = priorities.indexOf(priority)
  new DataView(made.buffer).setUint32(1, number)
  return made
}
const priorityOf = (made: Uint8Array) => priorities[made[0] ?? 0]
const numberOf = (made: Uint8Array) => new DataView(made.buffer).getUint32(1)

test('critical leaves before normal, and normal before low, each in its order', () => {
  const queues = new Queues()
  for (let number = 0; number < 3; number++)
    for (const priority of ['low', 'normal', 'critical'] as const) queues.push(priority, frame(priority, number))
  const left = queues.take(10_000).map(made => `${priorityOf(made)} ${numberOf(made)}`)
  expect(left).toEqual(['critical', 'normal', 'low'].flatMap(name => [0, 1, 2].map(number => `${name} ${number}`)))
  expect(queues.bytes).toBe(0)
  expect(queues.first).toBeUndefined()
})

test('low gets its share of every batch though normal never ends, but nothing of what critical needs', () => {
  const queues = new Queues()
  const size = 100 + bytesPerFrame
  for (let number = 0; number < 1_000; number++) queues.push('normal', frame('normal', number))
  for (let number = 0; number < 100; number++) queues.push('low', frame('low', number))
  const batch = queues.take(16 * size).map(priorityOf)
  expect(batch.filter(priority => priority === 'low')).toHaveLength(2)
  expect(batch).toHaveLength(16)
  for (let number = 0; number < 40; number++) queues.push('critical', frame('critical', number))
  expect(new Set(queues.take(16 * size).map(priorityOf))).toEqual(new Set(['critical']))
})

test('only what is allowed leaves', () => {
  const queues = new Queues()
  for (const priority of priorities) queues.push(priority, frame(priority))
  expect(queues.take(10_000, priority => priority === 'critical').map(priorityOf)).toEqual(['critical'])
  expect(queues.take(10_000, priority => priority !== 'low').map(priorityOf)).toEqual(['normal'])
  expect(queues.first).toBe('low')
})

test('a full queue makes its own publishers wait, in order, and nobody else', async () => {
  const queues = new Queues()
  const large = lowQueueBytesMax / 4 - bytesPerFrame
  for (let number = 0; number < 4; number++) expect(queues.push('low', frame('low', number, large))).toBeUndefined()
  const admitted: number[] = []
  for (const number of [4, 5]) void queues.push('low', frame('low', number, large))?.then(() => admitted.push(number))
  expect(queues.push('normal', frame('normal'))).toBeUndefined()
  expect(queues.push('critical', frame('critical'))).toBeUndefined()
  expect(queues.lengths.low).toEqual({ queued: 4, waiting: 2 })
  await Promise.resolve()
  expect(admitted).toEqual([])
  queues.take(large + 1_000)
  await Promise.resolve()
  expect(admitted).toEqual([4])
  expect(queues.lengths.low).toEqual({ queued: 4, waiting: 1 })
})

test('beyond the limit of those that wait a publisher is refused as overloaded', () => {
  const queues = new Queues()
  const large = frame('critical', 0, criticalQueueBytesMax - bytesPerFrame)
  expect(queues.push('critical', large)).toBeUndefined()
  for (let waiting = 0; waiting < broadcastsWaitingMax; waiting++)
    expect(queues.push('critical', frame('critical'))).toBeInstanceOf(Promise)
  expect(() => queues.push('critical', frame('critical'))).toThrow(MeshError)
  try {
    queues.push('critical', frame('critical'))
  } catch (error) {
    expect((error as MeshError).code).toBe('overloaded')
  }
})

test('whatever is pushed leaves once, and no batch is larger than it may be unless one frame is', () => {
  const pushed = fc.array(fc.tuple(fc.constantFrom(...priorities), fc.integer({ min: 5, max: 3_000 })), {
    maxLength: 200,
  })
  fc.assert(
    fc.property(pushed, fc.integer({ min: 200, max: 5_000 }), (frames, bytes) => {
      const queues = new Queues()
      frames.forEach(([priority, size], number) => void queues.push(priority, frame(priority, number, size)))
      const left: number[] = []
      while (queues.first) {
        const batch = queues.take(bytes)
        const size = batch.reduce((sum, made) => sum + made.length + bytesPerFrame, 0)
        expect(batch.length).toBeGreaterThan(0)
        if (batch.length > 1) expect(size).toBeLessThanOrEqual(bytes)
        left.push(...batch.map(numberOf))
      }
      expect(left.sort((one, other) => one - other)).toEqual(frames.map((_, number) => number))
      expect(queues.bytes).toBe(0)
    }),
  )
})
