/** Scenarios about which host speaks for a member, and which history it belongs to; each must fail with its rule broken. */
import { expect } from 'vitest'
import type { Member } from './support/member.ts'
import { Room } from './support/room.ts'
import { scenario } from './support/scenario.ts'

const T = 15 // electionTicks of preset `lab`

const dropped = (member: Member) =>
  member.effects.flatMap(effect => (effect.kind === 'dropped' ? [`${effect.reason} ${effect.from}`] : []))

const acceptsOldEpochs = {
  broken: 'an earlier life is heard',
  file: 'fence.ts',
  find: 'sender.epoch < known.epoch',
  replace: 'sender.epoch < 0',
}

scenario(
  'R18: hears only the first of two hosts that claim the same life of a member',
  [
    {
      broken: 'a copy of a member is heard as well',
      file: 'fence.ts',
      find: "if (known.host !== host) return 'second-host'",
      replace: '',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c'])
    room.elect('a')
    room.isolate('c')
    // A duplicated tab: b's disk was copied and a second host runs it, with the same epoch. Then the true b is cut off.
    const copy = { from: room.of('b').id, to: room.of('a').id, host: 'the copy' }
    const answers = room.sent.filter(({ from, message }) => from === 'b' && message.kind === 'heartbeat-ok')
    const sender = answers[0]?.message.sender ?? { generation: 'g1', epoch: 1 }
    room.isolate('b')
    room.of('a').propose('x')
    room.step('a', { kind: 'read', id: 1 })
    room.lose()
    room.heal()
    room.hand({ ...copy, message: { kind: 'append-ok', sender, term: 2, match: 3 } })
    room.hand({ ...copy, message: { kind: 'heartbeat-ok', sender, term: 2, round: 99 } })
    room.of('a').finishWrite()
    expect(room.of('a').view.commit).toBe(2)
    expect(room.of('a').effects.some(effect => effect.kind === 'read-ready')).toBe(false)
    expect(dropped(room.of('a'))).toEqual(['second-host b', 'second-host b'])
  },
)

scenario(
  'R30: continues a member at another host within the election timeout, deaf to what the old host still says',
  [
    acceptsOldEpochs,
    {
      broken: 'a new life is taken for a copy',
      file: 'fence.ts',
      find: '} else if (known.host !== host)',
      replace: "} else if (known.epoch > 1) return 'second-host'\n    else if (known.host !== host)",
    },
    {
      broken: 'messages do not say which life speaks',
      file: 'core.ts',
      find: 'epoch: config.epoch }',
      replace: 'epoch: 1 }',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c'])
    room.elect('a')
    room.isolate('c')
    room.slowDisks.add('b')
    room.of('a').propose('x')
    room.deliver()
    // b's tab closes with x half written; messages to and from it are on their way.
    room.step('a', { kind: 'tick', ticks: 5 })
    room.deliver(({ to }) => to === 'b')
    const late = room.wires.filter(({ from }) => from === 'b')
    expect(late.map(({ message }) => message.kind)).toEqual(['heartbeat-ok'])
    room.lose(({ from }) => from === 'b')
    room.of('a').propose('y')
    const old = room.of('b')
    old.crash()
    room.slowDisks.clear()
    const adopted = old.revive()
    expect(adopted.view).toMatchObject({ epoch: 2, lastIndex: 2, term: 2 })
    room.pass(T / 3)
    for (const wire of late) room.hand(wire)
    room.pass(2 * T)
    expect(dropped(room.of('a'))).toEqual(['stale-epoch b'])
    expect(room.leaders).toEqual(['a'])
    expect(room.of('a').view.term).toBe(2)
    expect(adopted.applied).toEqual(['x', 'y'])
    expect(adopted.entries.filter(({ kind }) => kind === 'command')).toHaveLength(2)
  },
)

scenario(
  'R32: lets a frozen host that wakes up in its successor’s time do and write nothing',
  [
    acceptsOldEpochs,
    {
      broken: 'a halted host goes on',
      file: 'step.ts',
      find: "if (core.role.kind === 'halted') refuseAll(core, input)",
      replace: 'if (false as boolean) refuseAll(core, input)',
    },
    {
      broken: 'a host that hears its successor does not mind',
      file: 'step.ts',
      find: 'if (generation === core.config.generation && epoch > core.config.epoch) return halt(core)',
      replace: '',
    },
  ],
  core => {
    const room = new Room(core, ['a', 'b', 'c'])
    room.elect('a')
    const frozen = room.of('b')
    const heir = frozen.revive()
    // It asks everybody, once, so that everybody has heard of its life.
    heir.step({ kind: 'campaign' })
    room.pass(2 * T)
    const before = [...room.members.values()].map(({ view }) => view.term)
    const stored = JSON.stringify(heir.disk)
    // It wakes, campaigns, and what it says reaches everybody: nobody listens, and its disk is not its own any more.
    frozen.step({ kind: 'campaign' })
    frozen.step({ kind: 'tick', ticks: 2 * T })
    const said = room.wires.length
    expect(said).toBeGreaterThan(0)
    room.settle()
    expect(dropped(room.of('a'))).toContain('stale-epoch b')
    expect(dropped(room.of('c'))).toContain('stale-epoch b')
    expect(JSON.stringify(heir.disk)).toBe(stored)
    expect([...room.members.values()].map(({ view }) => view.term)).toEqual(before)
    expect(room.leaders).toEqual(['a'])
    // It learns the truth from its driver (the lock, the database) or from its heir, and is silent for good.
    const heirs = { generation: 'g1', epoch: heir.config.epoch }
    const { id: from, host } = heir
    frozen.step({
      kind: 'message',
      from,
      host,
      message: { kind: 'heartbeat', sender: heirs, term: 9, commit: 1, round: 1 },
    })
    expect(frozen.view).toMatchObject({ role: 'halted', term: 2 })
    const inputs = [
      { kind: 'tick', ticks: 2 * T },
      { kind: 'campaign' },
      {
        kind: 'message',
        from: room.of('a').id,
        host: 'a/1',
        message: { kind: 'timeout-now', sender: { generation: 'g1', epoch: 1 }, term: 2 },
      },
      { kind: 'persisted', token: 1 },
    ] as const
    for (const input of inputs) expect(frozen.step(input)).toEqual([])
    expect(frozen.propose('x')).toMatchObject([{ kind: 'refused', reason: 'halted' }])
    expect(frozen.step({ kind: 'read', id: 1 })).toMatchObject([{ kind: 'read-refused', reason: 'halted' }])
  },
)

scenario(
  'R33: hands a member over to a new host without an election',
  [
    {
      broken: 'a later life is not let in',
      file: 'fence.ts',
      find: 'else if (sender.epoch > known.epoch) {',
      replace: 'else if (sender.epoch < 0) {',
    },
    {
      broken: 'a halted host still answers',
      file: 'step.ts',
      find: "if (core.role.kind === 'halted') refuseAll(core, input)",
      replace: "if ((core.role.kind as string) === 'never') refuseAll(core, input)",
    },
  ],
  core => {
    // One tab hosts b and c; c goes to a new tab, which needs c's log and nobody's permission but the lock's.
    const room = new Room(core, ['a', 'b', 'c'])
    room.elect('a')
    room.of('a').propose('before')
    room.settle()
    const former = room.of('c')
    former.step({ kind: 'halt' })
    const { wires } = room
    former.step({
      kind: 'message',
      from: room.of('a').id,
      host: 'a/1',
      message: { kind: 'heartbeat', sender: { generation: 'g1', epoch: 1 }, term: 2, commit: 3, round: 50 },
    })
    expect(wires).toEqual([])
    const next = former.revive()
    room.pass(2)
    room.isolate('b')
    room.of('a').propose('after')
    room.pass(2 * T)
    expect(next.applied).toEqual(['before', 'after'])
    expect(room.leaders).toEqual(['a'])
    expect(room.of('a').view.term).toBe(2)
  },
)

scenario(
  'R34: mixes no logs of two geneses, or of two generations',
  [
    {
      broken: 'the generation does not matter',
      file: 'fence.ts',
      find: "if (sender.generation !== this.#generation) return 'other-generation'",
      replace: '',
    },
  ],
  core => {
    const one = new Room(core, ['a', 'b', 'c'])
    const other = new Room(core, ['a', 'b', 'c'], { generation: 'g2' })
    one.elect('a')
    other.elect('b')
    other.elect('c')
    one.of('a').propose('of g1')
    other.of('c').propose('of g2')
    // The two meet: everything that either says reaches the other as well, once.
    for (let round = 0; round < 40; round++) {
      const words = [one.wires.splice(0), other.wires.splice(0)] as const
      for (const wire of words.flat()) {
        one.hand(wire)
        other.hand(wire)
      }
      for (const room of [one, other])
        for (const member of room.members.values()) {
          while (member.finishWrite());
          member.step({ kind: 'tick', ticks: 1 })
        }
    }
    expect([one.leaders, other.leaders]).toEqual([['a'], ['c']])
    for (const member of one.members.values()) expect(member.applied).toEqual(['of g1'])
    for (const member of other.members.values()) expect(member.applied).toEqual(['of g2'])
    expect(dropped(one.of('a'))).toContain('other-generation c')
    expect(dropped(other.of('c'))).toContain('other-generation a')
  },
)
