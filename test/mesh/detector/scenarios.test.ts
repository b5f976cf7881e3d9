/** Adversarial scenarios of failure detection, step by step; their numbers are those of the scenario list. */
import { expect, test } from 'vitest'
import type { PeerId } from '../../../src/base/ids.ts'
import { presets } from '../../../src/mesh/presets.ts'
import { DetectorRoom, sessionOf } from '../support/detector-room.ts'

const names = ['ada', 'bob', 'cyd', 'dee', 'eve']
const { timeoutMs, intervalMs, suspicionMinMs } = presets.default
const of = (room: DetectorRoom, kind: string) => room.log.filter(line => line.split(' ')[1] === kind)
const deciders = (room: DetectorRoom) => new Set(of(room, 'dead').map(line => line.split(' ')[0])).size

test('a quiet room is quiet: an hour without a doubt', () => {
  const room = new DetectorRoom(names)
  room.run(3_600_000)
  expect(room.log).toEqual([])
})

test('G7: a suspicion is refuted by its subject, though nobody hears its answers', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const room = new DetectorRoom(names, presets.default, seed)
    room.run(5_000)
    const untilMs = 5_000 + 3 * intervalMs
    // Eve hears everybody, and nothing that she answers gets through; what she announces others pass on.
    room.isCut = from => from === 'eve' && room.nowMs < untilMs
    room.run(30_000)
    expect(of(room, 'suspect').length, `seed ${seed}`).toBeGreaterThan(0)
    expect(of(room, 'alive').length, `seed ${seed}`).toBeGreaterThan(0)
    expect(of(room, 'dead'), `seed ${seed}`).toEqual([])
  }
})

test('G8: a frozen observer that resumes declares nobody dead, and closes no link', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const room = new DetectorRoom(names, presets.default, seed)
    room.run(5_000)
    // In doubt about Bob as it freezes, and others found him silent: he only stood still for a moment.
    room.isCut = from => from === 'bob' && room.nowMs < 5_900
    room.step('ada', { kind: 'hint', peer: 'bob' as PeerId, session: sessionOf('bob' as PeerId), why: 'left' })
    room.run(20)
    room.pause('ada')
    const before = room.log.length
    room.run(60_000)
    const others = room.log.slice(before).filter(line => line.startsWith('ada'))
    expect(others).toEqual([])
    room.resume('ada')
    room.run(2 * timeoutMs)
    const decided = room.log.slice(before).filter(line => line.startsWith('ada '))
    expect(
      decided.filter(line => /dead|close/.test(line)),
      `seed ${seed}`,
    ).toEqual([])
    expect(room.stateOf('ada').cases.size, `seed ${seed}`).toBe(0)
  }
})

test('G9: a one-way link is saved by an indirect probe', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const room = new DetectorRoom(names, presets.default, seed)
    room.run(5_000)
    room.isCut = (from, to) => from === 'eve' && to === 'ada'
    room.run(5 * 60_000)
    expect(
      room.asked.some(line => line.startsWith('ada asks') && line.endsWith('of eve')),
      `seed ${seed}`,
    ).toBe(true)
    expect(of(room, 'dead'), `seed ${seed}`).toEqual([])
  }
})

test('who crashes is given up by all its neighbours within the timeout, and soon by the first', () => {
  const firstMs: number[] = []
  for (let seed = 1; seed <= 50; seed++) {
    const room = new DetectorRoom(names, presets.default, seed)
    room.run(20_000)
    room.crash('eve')
    room.run(intervalMs + timeoutMs)
    const dead = of(room, 'dead')
    expect(new Set(dead.map(line => line.split(' ')[0])), `seed ${seed}`).toEqual(new Set(['ada', 'bob', 'cyd', 'dee']))
    firstMs.push(Math.min(...dead.map(line => Number(line.split(' ').at(-1)))) - 20_000)
  }
  firstMs.sort((a, b) => a - b)
  // The first ping of four neighbours comes within 1 s in 95 of 100 cases, and two rounds of questions take 1.5 s from it.
  expect(firstMs[Math.floor(0.5 * firstMs.length)]).toBeLessThan(2_200)
  expect(firstMs[Math.floor(0.95 * firstMs.length)]).toBeLessThan(3_000)
})

test('an idle link costs one question and one answer each 1.5 s, both ends together', () => {
  const room = new DetectorRoom(names)
  room.run(60_000)
  const before = room.pings
  room.run(600_000)
  const links = (names.length * (names.length - 1)) / 2
  const perLinkPerSecond = (room.pings - before) / links / 600
  expect(perLinkPerSecond).toBeGreaterThan(1 / 3)
  expect(perLinkPerSecond).toBeLessThan(0.75)
})

test('a path that was broken before the doubt began has the timeout to be mended, and a whole one has not', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const room = new DetectorRoom(names, presets.default, seed)
    room.run(20_000)
    // The network of Eve's machine is gone: all paths to her are known to be broken, and signaling misses her too.
    room.crash('eve')
    for (const name of names.slice(0, 4)) room.mending.add(`${name} eve`)
    const left = { kind: 'hint', peer: 'eve' as PeerId, session: sessionOf('eve' as PeerId), why: 'left' } as const
    for (const name of names.slice(0, 4)) room.step(name, left)
    room.run(timeoutMs - 1)
    expect(of(room, 'dead'), `seed ${seed}`).toEqual([])
    room.run(timeoutMs)
    expect(deciders(room), `seed ${seed}`).toBe(4)
  }
})

test('where others hear who has a broken path to us, nothing is decided, however long it takes', () => {
  const room = new DetectorRoom(names)
  room.run(20_000)
  room.isCut = (from, to) => (from === 'ada' && to === 'eve') || (from === 'eve' && to === 'ada')
  room.mending.add('ada eve')
  room.step('ada', { kind: 'hint', peer: 'eve' as PeerId, session: sessionOf('eve' as PeerId), why: 'left' })
  room.run(3 * timeoutMs)
  expect(of(room, 'dead')).toEqual([])
})

test('two alone: silence has the timeout, since a cut of our own looks the same, and so does a link that closed', () => {
  for (const isClosed of [false, true]) {
    const room = new DetectorRoom(['ada', 'bob'])
    room.run(20_000)
    room.isCut = () => true
    if (isClosed)
      for (const [at, other] of [
        ['ada', 'bob'],
        ['bob', 'ada'],
      ] as const)
        room.step(at, { kind: 'hint', peer: other as PeerId, session: sessionOf(other as PeerId), why: 'closed' })
    room.run(timeoutMs - intervalMs)
    expect(of(room, 'dead')).toEqual([])
    room.run(timeoutMs)
    expect(deciders(room)).toBe(2)
  }
})

test('with signaling’s word a crash is settled in less than half a second, and without it never so soon', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const room = new DetectorRoom(names, presets.default, seed)
    room.run(20_000)
    room.crash('eve')
    room.run(50)
    for (const name of names.slice(0, 4))
      room.step(name, { kind: 'hint', peer: 'eve' as PeerId, session: sessionOf('eve' as PeerId), why: 'left' })
    room.run(450)
    expect(deciders(room), `seed ${seed}`).toBe(4)
    const slow = new DetectorRoom(names, presets.default, seed)
    slow.run(20_000)
    slow.crash('eve')
    for (const name of names.slice(0, 4))
      slow.step(name, { kind: 'hint', peer: 'eve' as PeerId, session: sessionOf('eve' as PeerId), why: 'closed' })
    slow.run(suspicionMinMs - 1)
    expect(of(slow, 'dead'), `seed ${seed}`).toEqual([])
    slow.run(3_000 - suspicionMinMs)
    expect(deciders(slow), `seed ${seed}`).toBeGreaterThan(0) // the first tells the others
  }
})

test('what others pass on of somebody that signaling says has left neither saves it nor brings it back', () => {
  const eve = { peer: 'eve' as PeerId, session: sessionOf('eve' as PeerId) }
  const told = { ...eve, kind: 'announced', isDirect: false } as const
  for (let seed = 1; seed <= 50; seed++) {
    const room = new DetectorRoom(names, presets.default, seed)
    room.run(20_000)
    room.crash('eve')
    room.run(50) // until her last answers have come
    for (const name of names.slice(0, 4)) room.step(name, { ...eve, kind: 'hint', why: 'left' })
    room.run(100)
    for (const name of names.slice(0, 4)) room.step(name, { ...told, wasGivenUp: false })
    room.run(450)
    expect(deciders(room), `seed ${seed}`).toBe(4)
    // One of them is told by others that it is here, of a time before it was given up.
    room.step('ada', { kind: 'joined', peer: eve.peer })
    room.step('ada', { ...told, wasGivenUp: true })
    const before = of(room, 'dead').length
    room.run(2_000)
    expect(
      of(room, 'dead')
        .slice(before)
        .some(line => line.startsWith('ada ')),
      `seed ${seed}`,
    ).toBe(true)
  }
})

test('of somebody who is there announcements go on ending doubts, and those of itself at once', () => {
  const eve = { peer: 'eve' as PeerId, session: sessionOf('eve' as PeerId) }
  for (const isDirect of [true, false]) {
    const room = new DetectorRoom(names)
    room.run(20_000)
    room.step('ada', { ...eve, kind: 'hint', why: 'left' })
    room.step('ada', { ...eve, kind: 'announced', isDirect, wasGivenUp: false })
    expect(room.stateOf('ada').cases.size).toBe(isDirect ? 0 : 1)
    room.run(timeoutMs)
    expect(of(room, 'dead')).toEqual([])
    expect(room.stateOf('ada').cases.size + room.stateOf('ada').left.size).toBe(0)
  }
})

test('a verdict of others needs one unanswered ping of our own, and none more where that has waited already', () => {
  const eve = { peer: 'eve' as PeerId, session: sessionOf('eve' as PeerId) }
  const verdict = { ...eve, kind: 'hint', why: 'doubted', buriedAt: 1, isVerdict: true } as const
  const { probeMs, hintedProbeMs } = presets.default
  for (let seed = 1; seed <= 20; seed++) {
    const room = new DetectorRoom(names, presets.default, seed)
    room.run(20_000)
    room.crash('eve')
    room.step('ada', verdict)
    room.run(probeMs + 20)
    expect(of(room, 'dead'), `seed ${seed}`).toEqual([expect.stringMatching(/^ada dead eve/)])
    // Bob has asked others since signaling told him, and waited for its own ping.
    room.step('bob', { ...eve, kind: 'hint', why: 'left' })
    room.isCut = (from, to) => from === 'bob' || to === 'bob' // nobody answers him
    room.run(hintedProbeMs + 20)
    expect(deciders(room), `seed ${seed}`).toBe(1)
    room.step('bob', verdict)
    expect(deciders(room), `seed ${seed}`).toBe(2)
  }
})

test('a verdict about somebody whom we hear is none for us', () => {
  const eve = { peer: 'eve' as PeerId, session: sessionOf('eve' as PeerId) }
  const room = new DetectorRoom(names)
  room.run(20_000)
  for (const name of names.slice(0, 4))
    room.step(name, { ...eve, kind: 'hint', why: 'doubted', buriedAt: 1, isVerdict: true })
  room.run(timeoutMs)
  expect(of(room, 'dead')).toEqual([])
  expect(room.stateOf('ada').cases.size).toBe(0)
})

test('signaling’s word about somebody who is there harms nobody', () => {
  const room = new DetectorRoom(names)
  room.run(20_000)
  for (const name of names.slice(0, 4))
    room.step(name, { kind: 'hint', peer: 'eve' as PeerId, session: sessionOf('eve' as PeerId), why: 'left' })
  room.run(timeoutMs)
  expect(of(room, 'dead')).toEqual([])
  expect(of(room, 'alive').length).toBe(4)
})

test('who hears nobody does not tell others that all are dead', () => {
  const room = new DetectorRoom(names)
  room.run(20_000)
  room.isCut = (from, to) => from === 'ada' || to === 'ada'
  room.run(timeoutMs - 1)
  expect(of(room, 'dead').filter(line => line.startsWith('ada'))).toEqual([])
})

test('answers of those who were not asked count for nothing', () => {
  const room = new DetectorRoom(names)
  room.run(20_000)
  room.crash('eve')
  room.isCut = (from, to) => from === 'ada' || to === 'ada'
  const [eve, session] = ['eve' as PeerId, sessionOf('eve' as PeerId)]
  room.step('ada', { kind: 'hint', peer: eve, session, why: 'missed' })
  const known = room.stateOf('ada').cases.get(eve)
  known?.asked.clear()
  for (const by of ['bob', 'cyd', 'dee'] as PeerId[])
    room.step('ada', { kind: 'answered', by, peer: eve, session, isAlive: false })
  expect(known?.silentTo.size).toBe(0)
})
