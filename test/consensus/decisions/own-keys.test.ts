/** The mesh's own keys in a room that decides: nobody else writes them, or sees them unasked, and they are no decisions when histories meet. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { DecidedChange } from '../../../src/consensus/decisions/types.ts'
import { type Decider, DecidingRoom, until } from './support/deciding-room.ts'

vi.setConfig({ testTimeout: 60_000 }) // real clocks, and a machine that does other things

let room: DecidingRoom
afterEach(async () => {
  await room.close()
})

async function roomOf(...names: string[]): Promise<Decider[]> {
  room = new DecidingRoom()
  for (const name of names) await room.join(name)
  return room.deciders
}

describe('keys that begin with tabmesh/', () => {
  test('are refused to applications, with what to do, and nothing has changed', async () => {
    const [ada] = (await roomOf('ada')) as [Decider]
    const { register, own } = ada.service
    await own.compareAndSet('tabmesh/settings/x', undefined, 1)
    const refused = { code: 'invalid-option', outcome: 'not-applied', message: expect.stringMatching(/tabmesh\/.*own/) }
    await expect(register.set('tabmesh/settings/x', 2)).rejects.toMatchObject(refused)
    await expect(register.delete('tabmesh/memory/["a","b"]')).rejects.toMatchObject(refused)
    await expect(register.compareAndSet('tabmesh/settings/x', 1, 2)).rejects.toMatchObject(refused)
    expect(await register.get('tabmesh/settings/x')).toBe(1)
    await register.set('tabmesh', 'a key like others')
  })

  test('are listed and watched only where they are asked for by a prefix of theirs', async () => {
    const [ada] = (await roomOf('ada')) as [Decider]
    const { register, own } = ada.service
    const heard: Record<string, string[]> = { '': [], tab: [], 'tabmesh/': [], 'tabmesh/a': [] }
    for (const [prefix, keys] of Object.entries(heard))
      register.watch(({ key }: DecidedChange) => keys.push(key), { prefix })
    expect(await own.write([change('tabmesh/a', 1), change('tabmesh/b', 2)])).toBe(2)
    expect(await own.write([change('tabmesh/a', 3), { key: 'tabmesh/b', expected: 2, value: undefined }])).toBe(1)
    await register.set('table', 1)
    expect(heard).toEqual({
      '': ['table'],
      tab: ['table'],
      'tabmesh/': ['tabmesh/a', 'tabmesh/b', 'tabmesh/b'],
      'tabmesh/a': ['tabmesh/a'],
    })
    const keysOf = async (prefix?: string) => (await register.list(prefix)).map(({ key }) => key)
    expect([await keysOf(), await keysOf('tab'), await keysOf('tabmesh/')]).toEqual([
      ['table'],
      ['table'],
      ['tabmesh/a'],
    ])
    expect(own.here('tabmesh/')?.map(({ key, value }) => [key, value])).toEqual([['tabmesh/a', 1]])
  })

  test('are no decisions: of two histories the one that holds nothing else yields by itself', async () => {
    room = new DecidingRoom()
    const one = await room.room.join('one', { browser: 'one' })
    const other = await room.room.join('other', { browser: 'other', blocked: [one] })
    const [first, second] = [room.decide('one', 'one', one), room.decide('other', 'other', other)]
    await first.service.register.set('decided', true)
    await second.service.own.write([change('tabmesh/agents/x', 1), change('tabmesh/topology', 2)])
    expect([first, second].map(({ service: { view } }) => view.generation?.decided)).toEqual([1, 0])
    expect(second.service.view.keys).toBe(0)
    room.room.unblock(one, other)
    const isOne = () => first.service.view.generation?.id === second.service.view.generation?.id
    await until(() => isOne() && second.service.view.leader !== undefined, 'both follow one history')
    for (const { service } of [first, second]) {
      expect(service.view.conflict).toBeUndefined()
      expect(await service.register.get('decided')).toBe(true)
    }
  })
})

function change(key: string, value: number) {
  return { key, expected: undefined, value }
}
