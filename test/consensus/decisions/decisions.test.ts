/** Peers that decide together: over real meshes in this process, with real clocks. */
import { afterEach, describe, expect, test } from 'vitest'
import { DecidingRoom, until } from './support/deciding-room.ts'

let room: DecidingRoom
afterEach(async () => {
  await room.close()
})

async function roomOf(...names: string[]): Promise<DecidingRoom> {
  room = new DecidingRoom()
  for (const name of names) await room.join(name)
  return room
}

describe('a room that decides', () => {
  test('begins with one peer, which decides at once', async () => {
    await roomOf('ada')
    const [ada] = room.deciders
    const { register } = ada?.service ?? {}
    expect(await register?.get('colour')).toBeUndefined()
    const { version } = (await register?.set('colour', 'red')) ?? {}
    expect(version).toBe(1)
    expect(await register?.get('colour')).toBe('red')
    expect(ada?.service.view.quorum.sentence).toBe('1 voter: needs 1, tolerates 0')
  })

  test('grows to three voters and is decided in from every peer', async () => {
    await roomOf('ada', 'bob', 'cyd')
    await room.untilVoters(3)
    for (const [place, { service }] of room.deciders.entries()) await service.register.set(`k${place}`, { by: place })
    for (const { service } of room.deciders)
      expect((await service.register.list('k')).map(({ key, value }) => [key, value])).toEqual([
        ['k0', { by: 0 }],
        ['k1', { by: 1 }],
        ['k2', { by: 2 }],
      ])
    expect(room.deciders.map(({ service }) => service.view.sentence).filter(text => /leads/.test(text))).toHaveLength(3)
  })

  test('goes on when the leader closes its tab, and the others keep everything', async () => {
    await roomOf('ada', 'bob', 'cyd')
    await room.untilVoters(3)
    const leading = room.leading
    if (!leading) throw new Error('nobody leads')
    await leading.service.register.set('kept', 1)
    await room.closeTab(leading)
    const [first] = room.deciders
    await first?.service.register.set('next', 2)
    for (const { service } of room.deciders) expect(await service.register.get('kept')).toBe(1)
    await until(() => first?.service.view.elections.at(-1)?.reason === 'leader-gone', 'everybody is told why')
  })

  test('refuses at once in a minority, and says so in its view', async () => {
    await roomOf('ada', 'bob', 'cyd')
    await room.untilVoters(3)
    const [ada, bob, cyd] = room.deciders
    if (!ada || !bob || !cyd) throw new Error('three')
    room.crash(bob)
    room.crash(cyd)
    const startedAtMs = Date.now()
    await expect(ada.service.register.set('a', 1)).rejects.toMatchObject({ code: 'no-quorum' })
    expect(Date.now() - startedAtMs).toBeLessThan(2_000)
    await expect(ada.service.register.get('a')).rejects.toMatchObject({ code: 'no-quorum', outcome: 'not-applied' })
    await until(() => ada.service.view.state === 'no-quorum', 'the view says so')
  })
})
