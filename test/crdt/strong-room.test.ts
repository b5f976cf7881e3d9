/** Strong calls of the memory in a room whose peers decide: real meshes and members in this process, as Node peers run them. */
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock, systemRandom } from '../../src/base/system.ts'
import { leaderlessMs } from '../../src/consensus/decisions/limits.ts'
import { Shared } from '../../src/crdt/shared.ts'
import { createMemoryStore } from '../../src/crdt/storage/store.ts'
import { type Decider, DecidingRoom, until } from '../consensus/decisions/support/deciding-room.ts'

const strong = { consistency: 'strong' } as const

let room: DecidingRoom
const shared: Shared[] = []
afterEach(async () => {
  await Promise.all(shared.splice(0).map(one => one.close()))
  await room.close()
})

async function share({ mesh, service: { own: register } }: Decider): Promise<Shared> {
  const store = createMemoryStore()
  const one = await Shared.open({ mesh, clock: systemClock, random: systemRandom, store, register })
  shared.push(one)
  return one
}

async function three(): Promise<[Shared, Shared, Shared]> {
  room = new DecidingRoom()
  for (const name of ['ada', 'bob', 'cyd']) await room.join(name)
  await room.untilVoters(3)
  return (await Promise.all(room.deciders.map(share))) as [Shared, Shared, Shared]
}

describe('strong calls', () => {
  test('are seen by every peer the moment they end, and by plain readers soon after', async () => {
    const states = await three()
    const [ada, bob, cyd] = states
    for (const [at, { memory }] of states.entries()) {
      await memory.store('turn', at, { ...strong, namespace: 'team' })
      for (const other of states) expect(await other.memory.retrieve('turn', { ...strong, namespace: 'team' })).toBe(at)
    }
    await until(() => ada.memory.entry('turn', 'team')?.value === 2, 'plain readers see it')
    expect(await bob.memory.delete('turn', { ...strong, namespace: 'team' })).toBe(true)
    expect(await cyd.memory.retrieve('turn', { ...strong, namespace: 'team' })).toBeUndefined()
    await until(() => cyd.memory.entry('turn', 'team') === undefined, 'plain readers see that it is gone')
  })

  test('of all peers at once leave one value, which all read', async () => {
    const states = await three()
    await Promise.all(states.map(({ memory }, at) => memory.store('key', at, strong)))
    const read = await Promise.all(states.map(({ memory }) => memory.retrieve('key', strong)))
    expect(new Set(read).size).toBe(1)
    await until(() => states.every(({ memory }) => memory.entry('key')?.value === read[0]), 'plain readers agree')
    expect(states[0].memory.list()).toHaveLength(1)
  })

  test('are refused at once in a minority, where plain ones go on', async () => {
    const [ada] = await three()
    const [, bob, cyd] = room.deciders as [Decider, Decider, Decider]
    await ada.memory.store('key', 'decided', strong)
    room.crash(bob)
    room.crash(cyd)
    const startedMs = systemClock.monotonicMs()
    await expect(ada.memory.store('key', 'not decided', strong)).rejects.toMatchObject({ code: 'no-quorum' })
    await expect(ada.memory.retrieve('key', strong)).rejects.toMatchObject({ code: 'no-quorum' })
    // The first has to notice; neither waits for its own time to be over.
    expect(systemClock.monotonicMs() - startedMs).toBeLessThan(leaderlessMs + 3_000)
    expect(await ada.memory.retrieve('key')).toBe('decided')
    ada.memory.store('other', 1)
    expect(await ada.memory.retrieve('other')).toBe(1)
  })
})
