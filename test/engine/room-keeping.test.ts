/** What a room of deciding peers keeps of itself: after all were closed and one is opened again, in a minority, and for whoever comes later. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { PeerId } from '../../src/base/ids.ts'
import { systemClock, systemRandom } from '../../src/base/system.ts'
import { checkSettings, defaultSettings } from '../../src/crdt/settings.ts'
import type { SyncSettings } from '../../src/crdt/sync/state.ts'
import { RoomKeeping } from '../../src/engine/room-keeping.ts'
import type { AgentInfo } from '../../src/mesh/registry/types.ts'
import { type Decider, DecidingRoom, until } from '../consensus/decisions/support/deciding-room.ts'

vi.setConfig({ testTimeout: 90_000 }) // real clocks, and a machine that does other things

let room: DecidingRoom
const open: RoomKeeping[] = []
afterEach(async () => {
  for (const keeping of open.splice(0)) keeping.close()
  await room.close()
})

interface Keeper {
  readonly decider: Decider
  readonly keeping: RoomKeeping
  readonly counted: Record<string, number>
  gossip: SyncSettings
}

/** What lives at each peer, as its registry would tell everybody. */
const guests = new Map<PeerId, string[]>()

async function keep(name: string, browser = name): Promise<Keeper> {
  const decider = await room.join(name, browser)
  const { mesh, service } = decider
  const counted: Record<string, number> = {}
  const agents = () =>
    [{ id: mesh.id, name }, ...mesh.peers].flatMap(({ id, name }) => [
      agentOf(id, id, name),
      ...(guests.get(id) ?? []).map(guest => agentOf(id, `${id}/${guest}`, guest)),
    ])
  const keeping = new RoomKeeping({
    mesh,
    agents,
    decisions: Promise.resolve(service),
    gossip: {
      configure: async change => {
        keeper.gossip = checkSettings(keeper.gossip, change)
        return keeper.gossip
      },
    },
    clock: systemClock,
    random: systemRandom,
    changed: () => {},
    count: counter => {
      counted[counter] = (counted[counter] ?? 0) + 1
    },
  })
  open.push(keeping)
  const keeper: Keeper = { decider, keeping, counted, gossip: defaultSettings }
  return keeper
}

function agentOf(peer: PeerId, id: string, name: string): AgentInfo {
  return {
    id,
    peer,
    isPeer: id === peer,
    name,
    type: 'worker',
    capabilities: ['vote'],
    region: undefined,
    state: 'idle',
    sinceMs: 1,
  }
}

async function three(browser?: string): Promise<[Keeper, Keeper, Keeper]> {
  room = new DecidingRoom()
  const keepers: Keeper[] = []
  for (const name of ['ada', 'bob', 'cyd']) keepers.push(await keep(name, browser ?? name))
  await room.untilVoters(3)
  return keepers as [Keeper, Keeper, Keeper]
}

const keptBy = ({ decider }: Keeper) => decider.service.own.here('tabmesh/') ?? []
const isKept = (keeper: Keeper, agents: number) => () =>
  keptBy(keeper).filter(({ key }) => key.startsWith('tabmesh/agents/')).length === agents &&
  keptBy(keeper).some(({ key }) => key === 'tabmesh/topology')

describe('a room', () => {
  test('knows its agents, its links and its settings again after all tabs were closed and one was opened', async () => {
    const [ada, bob, cyd] = await three('one browser')
    guests.set(bob.decider.mesh.id, ['vera'])
    ada.keeping.roomChanged()
    for (const { keeping } of [bob, cyd]) keeping.roomChanged()
    await until(isKept(ada, 4), 'all is kept', 20_000)
    await bob.keeping.configure({ gossip: { fanout: 5 }, timing: { preset: 'lab', electionMs: 300 } })
    await until(() => [ada, bob, cyd].every(({ gossip }) => gossip.fanout === 5), 'all have the settings')
    const ids = [ada, bob, cyd].map(({ decider: { mesh } }) => mesh.id)
    for (const { decider, keeping } of [ada, bob, cyd]) {
      keeping.close()
      room.crash(decider)
    }
    const again = await keep('again', 'one browser')
    await until(() => again.keeping.away.length === 4, 'those who left are away', 20_000)
    const { agents, topology, settings } = await again.keeping.kept()
    expect(agents.map(({ id }) => id).sort()).toEqual([...ids, `${ids[1]}/vera`].sort())
    expect(agents.find(({ isPeer }) => !isPeer)).toMatchObject({
      name: 'vera',
      peer: ids[1],
      state: 'away',
      capabilities: ['vote'],
    })
    expect(topology?.peers.map(({ id }) => id)).toEqual([...ids].sort())
    expect(topology?.links).toHaveLength(3)
    expect(settings).toEqual({ gossip: { fanout: 5 }, timing: { preset: 'lab', electionMs: 300 } })
    await until(() => again.gossip.fanout === 5, 'it takes up the settings')
    await until(() => again.decider.service.view.timing.electionMs === 300, 'and the clocks')
    expect(again.decider.service.view.generation?.decided).toBe(0)
    expect(again.decider.service.view.keys).toBe(0)
    expect(await again.decider.service.register.list()).toEqual([])
  })

  test('at rest decides nothing, and sees at once who goes and who comes back', async () => {
    const [ada, bob, cyd] = await three()
    await until(isKept(ada, 3), 'all is kept', 20_000)
    const lastIndex = () => ada.decider.service.view.log.lastIndex
    const looks = () => [ada, bob, cyd].reduce((sum, { counted }) => sum + (counted['keeping.looks'] ?? 0), 0)
    const [before, looked] = [lastIndex(), looks()]
    for (let more = 1; more <= 3; more++) {
      for (const { keeping } of [ada, bob, cyd]) keeping.roomChanged() // so it seems
      await until(() => looks() >= looked + 2 * more, 'the leader has looked again', 20_000)
    }
    expect(lastIndex()).toBe(before)
    bob.keeping.close()
    await room.closeTab(bob.decider)
    await until(() => ada.keeping.away.length === 1 && cyd.keeping.away.length === 1, 'bob is away')
    const isMarked = () => (ada.keeping.away[0] ?? cyd.keeping.away[0])?.awaySinceMs !== undefined
    await until(isMarked, 'the leader has noticed when', 20_000)
  })

  test('in a minority writes nothing and does not complain', async () => {
    const [ada, bob, cyd] = await three()
    await until(isKept(ada, 3), 'all is kept', 20_000)
    const versions = () => keptBy(ada).map(({ key, version }) => [key, version])
    const before = versions()
    for (const { decider, keeping } of [bob, cyd]) {
      keeping.close()
      room.crash(decider)
    }
    guests.set(ada.decider.mesh.id, ['late'])
    ada.keeping.roomChanged()
    await until(() => ada.decider.service.view.state === 'no-quorum', 'ada is in a minority')
    expect(versions()).toEqual(before)
    expect(room.problems).toEqual([])
    expect(ada.counted['keeping.writes-failed'] ?? 0).toBeLessThanOrEqual(2)
    await until(() => ada.keeping.away.length === 2, 'but it sees who is away', 20_000)
    await expect(ada.keeping.settings()).rejects.toMatchObject({ code: 'no-quorum' })
    await expect(ada.keeping.configure({ gossip: { fanout: 4 } })).rejects.toMatchObject({ code: 'no-quorum' })
    expect(ada.gossip).toEqual(defaultSettings)
    expect(versions()).toEqual(before)
  })
})

describe('settings of the room', () => {
  test('are merged, reach who comes later, and are taken back', async () => {
    const [ada, bob, cyd] = await three()
    await ada.keeping.configure({ gossip: { interval: 500 } })
    expect(await bob.keeping.configure({ gossip: { fanout: 2 } })).toEqual({ gossip: { interval: 500, fanout: 2 } })
    const late = await keep('late')
    const all = [ada, bob, cyd, late]
    await until(
      () => all.every(({ gossip }) => gossip.fanout === 2 && gossip.interval === 500),
      'all have them',
      20_000,
    )
    expect(await cyd.keeping.configure({ gossip: null })).toEqual({})
    await until(
      () => all.every(({ gossip }) => JSON.stringify(gossip) === JSON.stringify(defaultSettings)),
      'taken back',
    )
    expect(await late.keeping.settings()).toEqual({})
  })

  test('are taken back one by one, and clocks with all that was set of them', async () => {
    const [ada, bob, cyd] = await three()
    const all = [ada, bob, cyd]
    await ada.keeping.configure({
      gossip: { interval: 500, fanout: 2 },
      timing: { preset: 'auto', heartbeatMs: 40, electionMs: 400 },
    })
    await until(() => all.every(({ decider }) => decider.service.view.timing.electionMs === 400), 'all have the clocks')
    expect(await bob.keeping.configure({ gossip: { fanout: null } })).toMatchObject({ gossip: { interval: 500 } })
    await until(() => all.every(({ gossip }) => gossip.fanout === 3 && gossip.interval === 500), 'one is taken back')
    expect(await cyd.keeping.configure({ gossip: { interval: null }, timing: null })).toEqual({})
    await until(() => all.every(({ gossip }) => gossip.interval === defaultSettings.interval), 'the other too')
    const isDefault = ({ decider }: Keeper) => decider.service.view.timing.electionMs === 150
    await until(() => all.every(isDefault), 'the clocks are the preset’s')
    await until(() => all.every(({ keeping }) => JSON.stringify(keeping.roomSettings) === '{}'), 'each tab knows it')
  })

  test.each<[string, object]>([
    ['a setting that there is not', { colour: 'red' }],
    ['gossip beyond its range', { gossip: { fanout: 99 } }],
    ['a name that gossip does not know', { gossip: { speed: 1 } }],
    ['to take back what gossip does not know', { gossip: { speed: null } }],
    ['clocks that could not work', { timing: { preset: 'lab', heartbeatMs: 500, electionMs: 300 } }],
    ['a preset that there is not', { timing: { preset: 'warp' } }],
  ])('refuse %s, and nothing is kept', async (_, change) => {
    room = new DecidingRoom()
    const ada = await keep('ada')
    await room.untilVoters(1)
    await expect(ada.keeping.configure(change)).rejects.toMatchObject({ code: 'invalid-option' })
    expect(await ada.keeping.settings()).toEqual({})
  })
})
