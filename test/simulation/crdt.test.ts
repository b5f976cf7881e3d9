/** Shared documents in simulated worlds: chance, and the scenarios by their numbers. */
import { describe, expect, test } from 'vitest'
import * as Y from '../../src/crdt/yjs.ts'
import { replicaName, type SimPeer, SimRoom, simulatedSettings } from '../../src/simulator/crdt/room.ts'
import { runCrdtSeed } from '../../src/simulator/crdt/simulation.ts'
import { Editor } from '../../src/simulator/crdt/workload.ts'
import { second } from '../../src/simulator/world/time.ts'

const freshSeeds = Array.from({ length: 40 }, (_, at) => 1 + at)

test('any storm over text, map, array, nested types and undo ends with equal copies, and everybody knows', async () => {
  for (const seed of freshSeeds) {
    const { violation } = await runCrdtSeed(seed)
    expect(violation?.message, `seed ${seed}: npm run sim -- crdt --seed ${seed}`).toBeUndefined()
  }
})

test('one seed is one run', async () => {
  const [one, two, other] = [await runCrdtSeed(7), await runCrdtSeed(7), await runCrdtSeed(8)]
  expect(two.traceHash).toBe(one.traceHash)
  expect(other.traceHash).not.toBe(one.traceHash)
})

const text = (peer: SimPeer) => peer.replica.doc.getText('text')
const textsOf = (room: SimRoom) => new Set(room.peers.map(peer => Editor.stateOf(peer.replica.doc)))

function openRoom(seed: number, count: number): SimRoom {
  const room = new SimRoom(seed)
  for (let number = 0; number < count; number++) room.open(`P${number}`)
  return room
}

function inRoom(room: SimRoom, number: number): SimPeer {
  const peer = room.peers[number]
  if (!peer) throw new Error(`there is no peer ${number}`)
  return peer
}

describe('scenarios', () => {
  test('what a partition kept apart is found by anti-entropy alone, and stays apart without it', async () => {
    for (const antiEntropy of [true, false]) {
      const room = new SimRoom(2, { ...simulatedSettings, antiEntropy, interval: 600_000 })
      for (let number = 0; number < 4; number++) room.open(`P${number}`)
      await room.runFor(5 * second)
      const heal = room.world.network.cut((from, to) => from < 2 !== to < 2)
      text(inRoom(room, 0)).insert(0, 'unheard')
      await room.runFor(30 * second)
      heal()
      await room.runFor(15 * second)
      expect(room.areEqual()).toBe(antiEntropy)
      room.close()
    }
  })

  test('G3: two hours of partition with writes on both sides end equal within 10 s of healing', async () => {
    const room = openRoom(3, 6)
    await room.runFor(5 * second)
    const heal = room.world.network.cut((from, to) => from < 3 !== to < 3)
    for (let minute = 0; minute < 120; minute++) {
      for (const peer of room.peers) {
        text(peer).insert(0, `${peer.node.name} at ${minute}. `)
        if (minute % 10 === 9) text(peer).delete(5, 20)
      }
      await room.runFor(60 * second)
    }
    expect(room.areEqual()).toBe(false)
    heal()
    await room.runFor(10 * second)
    expect(room.areEqual()).toBe(true)
    expect(textsOf(room).size).toBe(1)
    room.close()
  })

  test('G4: a peer that slept while things were deleted and collected brings none of them back', async () => {
    const room = openRoom(4, 4)
    const [first, sleeper] = [inRoom(room, 0), inRoom(room, 3)]
    text(first).insert(0, 'a secret that is deleted later')
    first.replica.doc.getMap('map').set('key', 'old')
    await room.runFor(5 * second, () => room.isKnown())
    sleeper.node.pause()
    text(first).delete(0, text(first).length)
    first.replica.doc.getMap('map').delete('key')
    await room.runFor(3_600 * second)
    expect(text(sleeper).toString()).toContain('secret')
    sleeper.node.resume()
    await room.runFor(11 * second)
    expect(room.areEqual()).toBe(true)
    for (const peer of room.peers) {
      expect(text(peer).toString()).toBe('')
      expect(peer.replica.doc.getMap('map').has('key')).toBe(false)
    }
    // Collected, not merely hidden: what was written is in no copy any more.
    const bytes = new TextDecoder('latin1').decode(Y.encodeStateAsUpdate(sleeper.replica.doc))
    expect(bytes).not.toContain('secret')
    room.close()
  })

  test('G6: two copies of one stored peer, both edited, lose and double nothing', async () => {
    const room = openRoom(6, 2)
    text(inRoom(room, 0)).insert(0, 'common ')
    await room.runFor(5 * second)
    const disk = Y.encodeStateAsUpdate(inRoom(room, 0).replica.doc)
    const [one, clone] = [room.open('copy 1', disk), room.open('copy 2', disk)]
    text(one).insert(0, 'ONE ')
    text(clone).insert(0, 'TWO ')
    await room.runFor(15 * second)
    expect(room.areEqual()).toBe(true)
    const read = text(inRoom(room, 1)).toString()
    for (const word of ['common', 'ONE', 'TWO']) expect(read.split(word)).toHaveLength(2)
    room.close()
  })

  test('G11: a 300 KB and a 5 MB change arrive at everybody, through loss', async () => {
    const room = openRoom(11, 5)
    room.world.network.weather.lossRate = 0.2
    await room.runFor(3 * second)
    text(inRoom(room, 0)).insert(0, 'x'.repeat(300_000))
    text(inRoom(room, 1)).insert(0, 'y'.repeat(5_000_000))
    let most = 0
    await room.runFor(60 * second, () => {
      for (const { sync } of room.peers) most = Math.max(most, sync.progress(replicaName)?.totalBytes ?? 0)
      return room.areEqual()
    })
    expect(room.areEqual()).toBe(true)
    expect(text(inRoom(room, 4)).length).toBe(5_300_000)
    expect(most).toBeGreaterThan(5_000_000)
    room.close()
  })

  test('a lone edit reaches all by one broadcast, and digests are all that follows', async () => {
    const room = openRoom(12, 8)
    await room.runFor(5 * second, () => room.isKnown())
    room.carried.clear()
    text(inRoom(room, 0)).insert(0, 'hello')
    await room.runFor(5 * second, () => room.isKnown())
    expect(room.isKnown()).toBe(true)
    expect(room.carried.get('shared.update')?.messages).toBe(7)
    expect(room.carried.get('shared.pull')).toBeUndefined()
    room.close()
  })
})
