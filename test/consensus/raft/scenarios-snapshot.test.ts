/** Scenarios about snapshots, step-exact; each must fail on a core with its rule broken. */
import { expect } from 'vitest'
import type { Snapshot } from '../../../src/consensus/raft/messages.ts'
import { Room } from './support/room.ts'
import { scenario } from './support/scenario.ts'

const T = 15 // electionTicks of preset `lab`

scenario(
  'R24: keeps log and membership right through snapshots that race appends',
  [
    {
      broken: 'a snapshot carries the membership of the one before',
      file: 'snapshot.ts',
      find: 'membership: membershipAt(core, index), data',
      replace: 'membership: core.snapshot.membership, data',
    },
    {
      broken: 'a snapshot carries the membership of now instead of its index',
      file: 'snapshot.ts',
      find: 'membership: membershipAt(core, index), data',
      replace: 'membership: core.membership, data',
    },
    {
      broken: 'an old snapshot replaces a longer log',
      file: 'follower.ts',
      find: 'if (snapshot.index > log.commit) {',
      replace: '{',
    },
    {
      broken: 'the state machine gets the snapshot before the disk',
      file: 'durability.ts',
      find: 'if (log.durable < restoring.index) return',
      replace: '',
    },
  ],
  core => {
    const limits = { snapshotAfterEntries: 4, trailingEntries: 0, applyAheadEntries: 1 }
    const room = new Room(core, ['a', 'b', 'c'], { limits, joiners: ['d'] })
    room.elect('a')
    room.isolate('c')
    const propose = (...payloads: string[]) => {
      room.of('a').propose(...payloads)
      room.settle()
    }
    propose('1', '2', '3')
    // In one batch, so that the snapshot below the change is taken when the change is already in force.
    room.of('a').takesSnapshots = false
    room.of('a').propose('4')
    room.of('a').change({ set: 'learner', member: room.of('d').id })
    room.settle()
    const below = room.of('a').entries.find(({ kind }) => kind === 'membership')?.index ?? 0
    const data = room.of('a').applied.slice()
    room.of('a').takesSnapshots = true
    room.step('a', { kind: 'snapshot-taken', index: below - 1, data })
    room.settle()
    expect(room.of('a').view.snapshot.membership.learners).toEqual([])
    propose('5', '6', '7', '8')
    propose('9', '10', '11', '12')
    expect(room.of('a').view.snapshot.membership.learners).toEqual(['d'])
    // c gets the snapshot twice, with appends between: the second time it is old news.
    room.heal()
    room.slowDisks.add('c')
    room.pass(5)
    const [old] = room.sent.filter(({ to, message }) => to === 'c' && message.kind === 'snapshot')
    expect(old).toBeDefined()
    expect(room.of('c').applied).toEqual([])
    room.slowDisks.clear()
    room.settle()
    for (let payload = 13; payload <= 20; payload++) propose(String(payload))
    const commit = room.of('c').view.commit
    if (old !== undefined) room.hand(old)
    room.settle()
    expect(room.of('c').view.commit).toBe(commit)
    room.of('c').crash()
    room.of('c').revive()
    room.pass(T)
    expect(room.of('c').applied).toEqual(Array.from({ length: 20 }, (_, at) => String(at + 1)))
    expect(room.of('c').view.membership).toMatchObject({ voters: ['a', 'b', 'c'], learners: ['d'] })
    expect(room.of('d').view.membership).toEqual(room.of('a').view.membership)
    expect(room.agreesWith('a')).toHaveLength(4)
  },
)

scenario(
  'P2: sends a lost snapshot again, and only then',
  [
    {
      broken: 'a snapshot is waited for for ever',
      file: 'replication.ts',
      find: 'progress.snapshotTicks += ticks',
      replace: 'progress.snapshotTicks += 0',
    },
    {
      broken: 'a member that waits for a snapshot is sent more',
      file: 'replication.ts',
      find: "if (progress.state === 'probe') sendBatch(core, progress)",
      replace: "if (progress.state !== 'replicate') sendBatch(core, progress)",
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c'], { limits: { snapshotAfterEntries: 2, trailingEntries: 0 } })
    room.elect('a')
    room.isolate('c')
    for (const payload of ['1', '2', '3', '4']) {
      room.of('a').propose(payload)
      room.settle()
    }
    const snapshots = () => room.sent.filter(({ message }) => message.kind === 'snapshot').length
    room.heal()
    const isBulk = ({ message }: (typeof room.wires)[number]) => message.kind === 'snapshot'
    for (let tick = 0; tick < 190; tick++) {
      for (const name of ['a', 'b', 'c']) room.step(name, { kind: 'tick', ticks: 1 })
      room.lose(isBulk)
      room.settle(wire => !isBulk(wire))
      room.lose(isBulk)
      if (tick === 100) room.of('a').propose('5')
    }
    expect(snapshots()).toBe(1)
    room.pass(30)
    expect(room.of('c').applied).toEqual(['1', '2', '3', '4', '5'])
    const sent = room.sent.flatMap(({ message }) => (message.kind === 'snapshot' ? [message.snapshot] : []))
    expect(sent.every(({ term }: Snapshot) => term === 2)).toBe(true)
    expect(sent.length).toBeLessThanOrEqual(2)
  },
)
