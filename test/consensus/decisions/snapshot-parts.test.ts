/** A new member of a room with a large register is brought up by a snapshot in several parts, also when one of them is lost. */
import { afterEach, expect, test, vi } from 'vitest'
import type { Payload } from '../../../src/base/json.ts'
import { partBytes } from '../../../src/consensus/decisions/limits.ts'
import { topics } from '../../../src/consensus/decisions/wire.ts'
import { DEFAULT_LIMITS } from '../../../src/consensus/raft/limits.ts'
import type { MeshPeer } from '../../../src/mesh/mesh.ts'
import { DecidingRoom, until } from './support/deciding-room.ts'

vi.setConfig({ testTimeout: 60_000 }) // a thousand real commits, and a retry after two seconds

let room: DecidingRoom
afterEach(() => room.close())

const large = 'x'.repeat(60_000)
const largeKeys = 9

interface Part {
  readonly id: number
  readonly at: number
  readonly of: number
  readonly text: string
}

/** The same peer, whose posts of parts are seen, and may be lost, before anybody reads them. */
function watched(mesh: MeshPeer, isLost: (part: Part) => boolean): MeshPeer {
  return new Proxy(mesh, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (name !== 'onPost') return typeof value === 'function' ? value.bind(target) : value
      return (topic: string, reader: (payload: Payload, from: MeshPeer['id']) => void) =>
        target.onPost(topic, (payload, from) => {
          if (topic !== topics.part || !isLost(payload as unknown as Part)) reader(payload, from)
        })
    },
  })
}

test('first where all parts arrive, then where one is lost', async () => {
  room = new DecidingRoom()
  const ada = await room.join('ada')
  await until(() => ada.service.leader !== undefined, 'ada leads')
  const { register } = ada.service
  // The large ones late: a disk in memory writes its whole log each time.
  const { snapshotAfterEntries } = DEFAULT_LIMITS
  for (let entry = 0; entry < snapshotAfterEntries - largeKeys - 5; entry++) await register.set('small', entry)
  for (let key = 0; key < largeKeys; key++) await register.set(`large/${key}`, large)
  for (let entry = 0; entry < 10; entry++) await register.set('small', entry)

  for (const [name, lost] of [
    ['bob', 0],
    ['cyd', 1],
  ] as const) {
    const seen: Part[] = []
    let left: number = lost
    const isLost = (part: Part) => {
      seen.push(part)
      return part.at === 1 && left-- > 0
    }
    const mesh = await room.room.join(name, { browser: name })
    await until(() => mesh.peers.length === room.deciders.length, `${name} sees the others`)
    const { service } = room.decide(name, name, watched(mesh, isLost))
    const hasAll = () => service.view.keys === largeKeys + 1 && service.view.log.applied >= ada.service.view.log.commit
    await until(hasAll, `${name} has it all`, 30_000)

    const snapshots = seen.filter(({ at, text }) => at === 0 && text.includes('"kind":"snapshot"'))
    expect(snapshots).toHaveLength(1 + lost)
    for (const { of } of snapshots) expect(of).toBeGreaterThanOrEqual(Math.ceil((largeKeys * large.length) / partBytes))
    expect(service.view.log.firstIndex).toBeGreaterThan(snapshotAfterEntries) // what came before it has not as entries
    expect(service.view.bytes).toBe(ada.service.view.bytes)
    expect(await service.register.get('large/8')).toBe(large)
  }
})
