/** A few drivers of Raft on one clock that the test turns. */
import { MeshError } from '../../../../src/base/errors.ts'
import { raftConfig } from '../../../../src/consensus/raft/config.ts'
import { RaftDriver } from '../../../../src/consensus/raft/driver.ts'
import type { DriverParts } from '../../../../src/consensus/raft/driver-parts.ts'
import { genesisState, NO_SESSION, sessionMachine } from '../../../../src/consensus/raft/index.ts'
import type { MemberId, RaftMessage } from '../../../../src/consensus/raft/messages.ts'
import type { Batch } from '../../../../src/consensus/storage/store.ts'
import { Turns } from '../../../link/support/turns.ts'

const diskMs = 3
const wireMs = 1

export interface One {
  readonly driver: RaftDriver
  readonly writes: Batch[]
  readonly applied: unknown[]
  readonly sent: RaftMessage['kind'][]
  readonly ends: (MeshError | undefined)[]
  isCut: boolean
  /** Messages that never reach it. */
  loses: (message: RaftMessage) => boolean
  disk: 'works' | 'fenced' | 'fails'
}

/** Members on one clock, with disks that take 3 ms and wires that take 1 ms. */
export function roomOf(names: string, seed = 7) {
  const turns = new Turns(seed)
  const voters = names.split(' ') as MemberId[]
  const room = new Map<MemberId, One>()
  const later = (ms: number) => new Promise<void>(resolve => turns.after(ms, resolve))
  for (const member of voters) {
    const applied: unknown[] = []
    const machine = sessionMachine({ execute: payload => applied.push(payload), save: () => null, load: () => {} })
    const identity = { member, generation: 'g', epoch: 1, random: turns.random }
    const parts: DriverParts = {
      clock: turns.clock,
      config: raftConfig('lab', identity),
      isAutoPaced: false,
      restored: genesisState({ member, generation: 'g', voters }),
      machine,
      async write(batch) {
        one.writes.push(batch)
        await later(diskMs)
        if (one.disk === 'fails') throw new MeshError('storage-full', 'no room')
        return one.disk === 'fenced' ? 'fenced' : 'durable'
      },
      send(to, message, pace) {
        one.sent.push(message.kind)
        const copy = structuredClone(message)
        turns.after(wireMs, () => {
          const other = room.get(to)
          if (one.isCut || !other || other.isCut || other.loses(copy)) return
          other.driver.receive(member, `host of ${member}`, copy, pace)
        })
      },
      onEnd: error => one.ends.push(error),
    }
    const ends: One['ends'] = []
    const driver = new RaftDriver(parts)
    const one: One = { driver, writes: [], applied, sent: [], ends, isCut: false, loses: () => false, disk: 'works' }
    room.set(member, one)
  }
  const all = [...room.values()]
  const leading = () => all.filter(one => one.driver.view.role === 'leader' && !one.isCut)
  const leader = () => leading()[0] as One
  const pass = (ms: number) => turns.run(turns.clock.nowMs() + ms)
  return { turns, all, leader, leading, pass, of: (name: string) => room.get(name as MemberId) as One }
}

export const command = (payload: unknown) => ({ session: NO_SESSION, sequence: 0, payload, bytes: 10 })
