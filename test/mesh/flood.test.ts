/** An admitted member floods a room, past all queues of its own; the others' words are counted by turns of the event loop, not by the clock. */
import { expect, test, vi } from 'vitest'
import { systemClock } from '../../src/base/system.ts'
import { batchesPerTurn, framesPerTurn } from '../../src/mesh/limits.ts'
import { FloodRoom, type Heard, turn } from './support/flood-room.ts'
import { until } from './support/memory-mesh.ts'

vi.setConfig({ testTimeout: 300_000 }) // never reached but on a machine that does much else

const names = ['Ada', 'Bob', 'Cyd', 'Dee', 'Eli', 'Fay']
const sends = 2
const turns = 20
/** What a turn of a busy machine takes, ms; the mesh is told so, however long it took. */
const turnMs = 50

test('G12: a peer floods with messages and broadcasts, and the others keep at least 90 % of their throughput', async () => {
  let turned = 0
  const busy = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + turned * turnMs }
  const room = await FloodRoom.open(names, 1, busy)
  await room.prepare((turns + 8) * (batchesPerTurn + 4))
  let rounds = 0
  /** What was heard in so many turns. */
  const run = async (count: number, isFlooded: boolean): Promise<Heard> => {
    const before = room.heard
    for (let at = 0; at < count; at++) {
      room.work(sends)
      if (isFlooded) void room.flood(framesPerTurn + 30, batchesPerTurn + 4)
      await turn()
      turned++
      rounds++
    }
    for (let at = 0; at < 3; at++, turned++) await turn() // what was just said is on its way
    const { heard } = room
    return {
      sends: heard.sends - before.sends,
      broadcasts: heard.broadcasts - before.broadcasts,
      flood: heard.flood - before.flood,
    }
  }
  /** All that the others ever said is heard. */
  const isSettled = () =>
    room.heard.sends === rounds * names.length * sends &&
    room.heard.broadcasts === rounds * names.length * (names.length - 1)
  const calm = await run(turns, false)
  await until(isSettled, 'all is heard', 60_000)
  await run(8, true) // it takes some turns to see that it is too much
  const flooded = await run(turns, true)
  const others = (heard: Heard) => heard.sends + heard.broadcasts
  expect(others(flooded)).toBeGreaterThanOrEqual(0.9 * others(calm))
  // And a turn does not take so much longer: an eighth of a share is handled at its neighbour, and of broadcasts what that passes on.
  const perTurn = (framesPerTurn + names.length * batchesPerTurn) / 8
  expect(flooded.flood).toBeLessThanOrEqual(2.5 * turns * perTurn) // four times as much, were it not for rule 2 of the inbox
  await until(isSettled, 'all that the others said is heard', 60_000)
  await room.close()
})
