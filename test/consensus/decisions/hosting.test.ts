/** Members that outlive their tabs: adopted, handed over, fenced off, given up; and histories that meet. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { PeerId } from '../../../src/base/ids.ts'
import { compare } from '../../../src/consensus/decisions/history.ts'
import type { GenerationInfo } from '../../../src/consensus/decisions/wire.ts'
import type { MeshPeer } from '../../../src/mesh/mesh.ts'
import { type Decider, DecidingRoom, until } from './support/deciding-room.ts'

let room: DecidingRoom
afterEach(async () => {
  await room?.close()
})

async function tabsOf(...browsers: string[]): Promise<DecidingRoom> {
  room = new DecidingRoom()
  for (const [place, browser] of browsers.entries()) await room.join(`tab ${place}`, browser)
  return room
}

function hostedBy({ service }: Decider): string[] {
  return service.view.members.filter(({ isHostedHere }) => isHostedHere).map(({ member }) => member)
}

/** As an application that tries again: during an election it may be told that nobody leads. */
async function set({ service }: Decider, key: string, value: number): Promise<void> {
  for (const untilMs = Date.now() + 15_000; ; ) {
    try {
      await service.register.set(key, value)
      return
    } catch (error) {
      if ((error as { code?: string }).code !== 'no-quorum' || Date.now() > untilMs) throw error
    }
  }
}

const first = ({ deciders }: DecidingRoom): Decider => {
  const [one] = deciders
  if (!one) throw new Error('an empty room')
  return one
}

describe('tabs of one browser', () => {
  test('adopt the members of those that close, so that the last one goes on deciding; a new one is handed a member', async () => {
    await tabsOf('b', 'b', 'b')
    await room.untilVoters(3)
    await set(first(room), 'before', 1)
    const [keep, ...others] = room.deciders as [Decider, ...Decider[]]
    const members = room.deciders.flatMap(hostedBy).sort()
    expect(members).toHaveLength(3)
    for (const other of others) room.crash(other)
    await set(keep, 'after', 2)
    await until(() => hostedBy(keep).length === 3, 'the last tab hosts all three')
    expect(hostedBy(keep).sort()).toEqual(members)
    expect(keep.service.view.members.filter(({ epoch = 0 }) => epoch > 1).length).toBeGreaterThanOrEqual(2)

    const fresh = await room.join('fresh', 'b')
    await until(() => hostedBy(fresh).length === 1, 'the new tab is handed a member')
    expect([...hostedBy(keep), ...hostedBy(fresh)].sort()).toEqual(members)
    expect(await fresh.service.register.get('before')).toBe(1)
    expect(room.counters['decisions.members-made']).toBe(2) // none was made for it
  })

  test('a newcomer to which another was quicker asks again, and makes no member beside the two of its sibling', async () => {
    const keep = await lastOfThree()

    const { locks } = room.browser('b')
    const claim = locks.claim.bind(locks)
    const robbed = vi.spyOn(locks, 'claim').mockImplementation(async name => {
      const lease = await claim(name)
      if (!lease) return undefined
      robbed.mockRestore() // the first that would have had it finds it taken
      lease.release()
      return undefined
    })
    const fresh = await room.join('fresh', 'b')
    await until(() => hostedBy(fresh).length === 1 && hostedBy(keep).length === 2, 'the new tab is handed a member')
    expect(room.counters['decisions.members-made']).toBe(2) // as before
  })

  test('a newcomer that has met another newcomer only makes no member beside the two of a sibling it will meet', async () => {
    const keep = await lastOfThree()
    const other = await room.join('other', 'b')
    await until(() => hostedBy(other).length === 1, 'another tab is handed a member')

    const mesh = await room.room.join('fresh', { browser: 'b' })
    await until(() => mesh.peers.some(({ id }) => id === keep.mesh.id), 'it is there')
    const fresh = room.decide('fresh', 'b', hiding(mesh, keep.mesh.id, 700))
    await until(() => hostedBy(fresh).length === 1 && hostedBy(keep).length === 1, 'the new tab is handed a member')
    expect(room.counters['decisions.members-made']).toBe(2) // as before
  })

  test('find everything again when all were closed and one is opened', async () => {
    await tabsOf('b', 'b', 'b')
    await room.untilVoters(3)
    for (let value = 0; value < 30; value++) await set(first(room), `k${value}`, value)
    for (const decider of [...room.deciders]) room.crash(decider)
    const again = await room.join('again', 'b')
    expect(await again.service.register.list('k')).toHaveLength(30)
    expect(hostedBy(again)).toHaveLength(3)
  })

  test('that find the history on disk before they have met anybody learn who votes when they do', async () => {
    await tabsOf('b', 'b')
    await until(() => room.deciders.every(one => hostedBy(one).length === 1), 'each hosts one')
    await set(first(room), 'known', 1)
    const others = room.deciders.map(({ mesh }) => mesh)
    const mesh = await room.room.join('late', { browser: 'b', blocked: others })
    const late = room.decide('late', 'b', mesh)
    await until(() => late.service.view.generation !== undefined, 'it finds the history on disk')
    expect(late.service.view).toMatchObject({ state: 'starting', quorum: { voters: 0 } })
    for (const other of others) room.room.unblock(mesh, other)
    await room.untilVoters(3)
    expect(hostedBy(late)).toHaveLength(1)
    expect(await late.service.register.get('known')).toBe(1)
  })

  test('begin anew where the members on disk turn out to be missing and nobody else is there', async () => {
    await tabsOf('b')
    await set(first(room), 'gone', 1)
    const { stores } = room.browser('b')
    const [stored] = await stores.list()
    room.crash(first(room))
    vi.spyOn(stores, 'open').mockImplementationOnce(async member => {
      await stores.remove(member)
      return 'missing'
    })
    const again = await room.join('again', 'b')
    await set(again, 'fresh', 2)
    expect(again.service.view.generation?.id).not.toBe(stored?.generation)
    expect(await again.service.register.list()).toHaveLength(1)
  })

  test('never host a member twice: a host whose disk somebody else opened lets go at its next write', async () => {
    await tabsOf('b', 'b')
    await until(() => room.deciders.every(one => hostedBy(one).length === 1), 'each hosts one')
    const [one, two] = room.deciders as [Decider, Decider]
    const [member] = hostedBy(one)
    const { stores } = room.browser('b')
    // As after a stolen lock: somebody opens the disk while the host still runs. The epoch on disk ends it at its next write.
    const opened = await stores.open(member as never)
    expect(opened).not.toBe('missing')
    await one.service.register.set('x', 1, { timeoutMs: 3_000 }).catch(() => {})
    await two.service.register.set('x', 2, { timeoutMs: 3_000 }).catch(() => {})
    // Epoch 1 was the host's, 2 the stranger's; who hosts it now has opened it after both.
    const epochs = () => room.deciders.flatMap(({ service }) => service.view.members.filter(of => of.isHostedHere))
    await until(
      () => epochs().some(of => of.member === member && (of.epoch ?? 0) >= 3),
      'it was let go, and taken up again',
    )
    const all = room.deciders.flatMap(hostedBy)
    expect(new Set(all).size).toBe(all.length)
  })
})

describe('two devices', () => {
  test('that lose one say so at once, and go on with what they have when a person says "Continue from here"', async () => {
    await tabsOf('laptop', 'phone', 'tablet')
    await room.untilVoters(3)
    await set(first(room), 'kept', 7)
    const [one, two, three] = room.deciders as [Decider, Decider, Decider]
    await until(() => one.service.view.keys === 1, 'the copy has it')
    room.crash(two)
    room.crash(three)
    await expect(one.service.register.set('x', 1)).rejects.toMatchObject({ code: 'no-quorum' })
    const before = one.service.view.generation?.id
    const generation = await one.service.register.continueFromHere()
    expect(generation.parent).toBe(before)
    await set(one, 'x', 2)
    expect(await one.service.register.get('kept')).toBe(7)
    // The other device comes back with the old history, in which nothing was decided since: it follows, and loses nothing.
    const back = await room.join('back', 'phone')
    await until(() => back.service.view.generation?.id === generation.id, 'it follows the new history')
    expect(await back.service.register.list()).toHaveLength(2)
  })

  test('are asked when one comes back with decisions that the other went on without', async () => {
    await tabsOf('laptop', 'phone')
    const [laptop, phone] = room.deciders as [Decider, Decider]
    await set(phone, 'shared', 1)
    await until(() => phone.service.view.keys === 1, 'the other copy has it')
    room.crash(phone)
    await set(laptop, 'late', 2) // the only voter is here
    room.crash(laptop)
    const left = await room.join('left', 'phone')
    await until(() => left.service.view.keys === 1, 'its copy is read')
    await left.service.register.continueFromHere()
    await set(left, 'next', 3)
    const back = await room.join('back', 'laptop')
    for (const { service } of [left, back])
      await until(() => service.view.conflict?.ownDecided === 1, 'each says what it alone has')
    expect(back.service.view.conflict?.isSuccessor).toBe(true)
    expect(await back.service.register.get('late')).toBe(2)
    await back.service.register.joinOther()
    expect(await back.service.register.get('next')).toBe(3)
    await until(() => [left, back].every(({ service }) => !service.view.conflict), 'both say that it is settled')
  })

  test('that began apart with decisions of their own never mix: a person chooses, and what was set aside stays on disk', async () => {
    room = new DecidingRoom()
    // Both alone, as far as they can see: each begins a history.
    const first = await room.room.join('one')
    const mesh = { one: first, two: await room.room.join('two', { blocked: [first] }) }
    const one = room.decide('one', 'one', mesh.one)
    await set(one, 'mine', 1)
    const two = room.decide('two', 'two', mesh.two)
    await until(() => two.service.view.generation !== undefined, 'the other one has a history')
    expect(two.service.view.generation?.id).not.toBe(one.service.view.generation?.id)
    await set(two, 'theirs', 2)
    const news = two.service.view.generation
    room.room.unblock(mesh.one, mesh.two)
    await until(() => one.service.view.state === 'conflict', 'they meet', 40_000)
    expect(one.service.view.conflict).toMatchObject({
      other: { id: news?.id, decided: 1 },
      isSuccessor: false,
      ownDecided: 1,
    })
    expect(await one.service.register.get('theirs')).toBeUndefined()
    await one.service.register.joinOther()
    await until(() => one.service.view.generation?.id === news?.id, 'it follows the other')
    expect(await one.service.register.get('theirs')).toBe(2)
    const own = room.browser('one').stores
    const asideOrNew = (await own.list()).map(({ generation }) => generation)
    expect(asideOrNew.every(generation => generation === news?.id)).toBe(true)
  })
})

describe('of two histories that meet', () => {
  const of = (id: string, decided: number, parent?: GenerationInfo['parent']): GenerationInfo => ({
    id,
    bornAtMs: 1,
    decided,
    ...(parent && { parent }),
  })
  test.each<[string, GenerationInfo, GenerationInfo, ReturnType<typeof compare>]>([
    ['the one with decisions goes on', of('b', 3), of('a', 0), 'ours'],
    ['of two without, the one with the lower id goes on', of('a', 0), of('b', 0), 'ours'],
    ['two with decisions are for a person', of('a', 1), of('b', 9), 'neither'],
    ['a successor that has all of ours is followed', of('a', 5), of('b', 2, { generation: 'a', decided: 5 }), 'theirs'],
    [
      'a successor that lacks some of ours is for a person',
      of('a', 6),
      of('b', 2, { generation: 'a', decided: 5 }),
      'neither',
    ],
    [
      'a successor without decisions gives way to a longer parent',
      of('a', 6),
      of('b', 0, { generation: 'a', decided: 5 }),
      'ours',
    ],
  ])('%s, whoever looks', (_, one, other, verdict) => {
    const mirrored = { ours: 'theirs', theirs: 'ours', neither: 'neither' } as const
    expect(compare(one, other)).toBe(verdict)
    expect(compare(other, one)).toBe(mirrored[verdict])
  })
})

test('a peer beyond the members decides through others, reads what they decided, and hears of changes', async () => {
  await tabsOf(...Array.from({ length: 10 }, (_, place) => `b${place}`))
  const hosting = () => room.deciders.filter(one => hostedBy(one).length > 0)
  const isIn = (one: Decider) =>
    one.service.view.members.some(({ isHostedHere, seat }) => isHostedHere && seat !== 'stranger')
  const isSettled = () => room.deciders.filter(isIn).length === 9 && hosting().length === 9
  await until(isSettled, 'nine host a member of the room, and the tenth none', 40_000)
  const outside = room.deciders.find(one => !hosting().includes(one)) as Decider
  const heard: string[] = []
  outside.service.register.watch(({ key, value }) => heard.push(`${key} ${value}`), { prefix: 'w' })
  await set(outside, 'w', 0)
  expect(await outside.service.register.get('w')).toBe(0)
  // It looks now and then, and tells what changed since it looked first.
  for (let value = 1; heard.length === 0 && value < 20; value++) {
    await set(first(room), 'w', value)
    await until(() => heard.length > 0, 'the watcher hears of it', 1_500).catch(() => {})
  }
  expect(heard[0]).toMatch(/^w \d+$/)
  expect(outside.service.view.state).toBe('joining')
})

/** Two of three tabs of a browser crash; the last hosts all three members. */
async function lastOfThree(): Promise<Decider> {
  await tabsOf('b', 'b', 'b')
  await room.untilVoters(3)
  const [keep, ...others] = room.deciders as [Decider, ...Decider[]]
  for (const other of others) room.crash(other)
  await until(() => hostedBy(keep).length === 3, 'the last tab hosts all three')
  return keep
}

/** A mesh that meets one of its peers so much later. */
function hiding(mesh: MeshPeer, hidden: PeerId, forMs: number): MeshPeer {
  const untilMs = Date.now() + forMs
  return new Proxy(mesh, {
    get(target, name) {
      if (name === 'peers') return target.peers.filter(({ id }) => id !== hidden || Date.now() >= untilMs)
      if (name === 'on')
        return (...[event, listener]: Parameters<MeshPeer['on']>) => {
          if (event === 'agent-join')
            setTimeout(() => listener(target.peers.find(({ id }) => id === hidden) as never), forMs)
          return target.on(event, listener)
        }
      const value = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
