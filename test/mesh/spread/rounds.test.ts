import { expect, test } from 'vitest'
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import { integerBelow } from '../../../src/base/random.ts'
import { type SpreadState, spreadOf, versionOf } from '../../../src/mesh/spread/state.ts'
import { compare, differing, digestOf, flush, forgotten, learned, linked, told } from '../../../src/mesh/spread/step.ts'
import { seededRandom } from '../../link/support/turns.ts'

const session = 'k000-aaaaaaaa' as SessionId
const later = 'k001-aaaaaaaa' as SessionId
const nameOf = (at: number) => `p${at}` as PeerId

/** A ring with two chords each, as the overlay keeps. */
function graph(size: number, seed: number): Map<PeerId, Set<PeerId>> {
  const random = seededRandom(seed)
  const links = new Map(Array.from({ length: size }, (_, at) => [nameOf(at), new Set<PeerId>()]))
  const join = (one: number, other: number) => {
    if (one === other) return
    links.get(nameOf(one))?.add(nameOf(other))
    links.get(nameOf(other))?.add(nameOf(one))
  }
  for (let at = 0; at < size; at++) {
    join(at, (at + 1) % size)
    join(at, integerBelow(random, size))
  }
  return links
}

/** Rounds until everybody knows: each round everyone tells its neighbours once what is news; what was lost is told again. */
function roundsToAll(size: number, lossRate: number, seed: number): number {
  const random = seededRandom(seed)
  const links = graph(size, seed)
  const states = new Map<PeerId, SpreadState>()
  for (const [peer, neighbours] of links) {
    const state = spreadOf()
    for (const neighbour of neighbours) linked(state, neighbour)
    states.set(peer, state)
  }
  const rumour = versionOf(nameOf(0), session, 1)
  learned(states.get(nameOf(0)) as SpreadState, rumour, true, undefined, 0)
  let lost: { from: PeerId; to: PeerId }[] = []
  for (let round = 1; round <= 100; round++) {
    const sent = [...lost]
    lost = []
    for (const [from, state] of states) for (const { to } of flush(state, round)) sent.push({ from, to })
    for (const { from, to } of sent) {
      if (random.next() < lossRate) {
        lost.push({ from, to }) // a link repeats what it lost
        continue
      }
      const state = states.get(to) as SpreadState
      told(state, from, rumour)
      if (!state.known.has(rumour.peer)) learned(state, rumour, true, from, round)
    }
    if ([...states.values()].every(state => state.known.has(rumour.peer))) return round
  }
  return Number.POSITIVE_INFINITY
}

test('G2: rounds to full spread grow as log2 N for N = 8 to 1,000, with up to 30 % of all words lost', () => {
  for (const lossRate of [0, 0.1, 0.3])
    for (const size of [8, 32, 128, 512, 1_000]) {
      const rounds = Array.from({ length: 4 }, (_, seed) => roundsToAll(size, lossRate, seed + 1))
      const mean = rounds.reduce((sum, each) => sum + each) / rounds.length
      // A tree of degree 3 grows faster than 2 a round; losses slow it by their rate, and the last few by some rounds.
      expect(mean, `${size} peers, ${lossRate} lost`).toBeLessThan(Math.log2(size) / (1 - lossRate) + 3)
    }
}, 60_000)

test('news is told to each neighbour once, and not to one that told it meanwhile', () => {
  const state = spreadOf()
  for (const at of [1, 2, 3]) linked(state, nameOf(at))
  const [first, second] = [versionOf(nameOf(9), session, 1), versionOf(nameOf(9), session, 2)]
  learned(state, first, true, nameOf(1), 0)
  told(state, nameOf(2), first)
  expect(flush(state, 1)).toEqual([{ to: nameOf(3), news: [first] }])
  expect(flush(state, 2)).toEqual([])
  learned(state, second, true, nameOf(3), 3)
  told(state, nameOf(2), first) // older: it still wants the newer
  expect(flush(state, 4).map(({ to }) => to)).toEqual([nameOf(1), nameOf(2)])
})

test('what can wait leaves together, and does not go with what cannot', () => {
  const state = spreadOf()
  linked(state, nameOf(1))
  for (let at = 10; at < 60; at++) learned(state, versionOf(nameOf(at), session, 1), false, undefined, 0)
  expect(flush(state, 0)).toEqual([])
  expect(state.lazyAtMs).toBeGreaterThan(0)
  learned(state, versionOf(nameOf(99), session, 1), true, undefined, 0)
  expect(flush(state, 0)[0]?.news.length).toBe(1)
  expect(flush(state, state.lazyAtMs)[0]?.news.length).toBe(50)
})

test('lists that differ in any one member have different digests, and comparing them tells both sides what they lack', () => {
  const random = seededRandom(3)
  for (let trial = 0; trial < 500; trial++) {
    const [one, two] = [spreadOf(), spreadOf()]
    for (let at = 0; at < 40; at++) {
      for (const state of [one, two]) {
        const pick = integerBelow(random, 10)
        if (pick < 8) learned(state, versionOf(nameOf(at), session, 1), false, undefined, 0)
        else if (pick === 8) learned(state, versionOf(nameOf(at), pick % 2 ? later : session, 2), false, undefined, 0)
      }
    }
    const lists = differing(one, digestOf(two))
    const isEqual = JSON.stringify(sorted(one)) === JSON.stringify(sorted(two))
    expect(lists === undefined, `trial ${trial}`).toBe(isEqual)
    if (!lists) continue
    const { newer, wanted } = compare(two, lists.parts, lists.lines)
    for (const version of newer) learned(one, version, false, undefined, 0)
    for (const peer of wanted) {
      const ours = one.known.get(peer)
      if (ours && ours.session >= (two.known.get(peer)?.session ?? '')) learned(two, ours, false, undefined, 0)
    }
    for (const [peer, version] of one.known)
      if (two.known.get(peer)?.session === later) learned(one, two.known.get(peer) ?? version, false, undefined, 0)
    expect(sorted(one), `trial ${trial}`).toEqual(sorted(two))
  }
})

test('who is forgotten leaves no trace in the digest, whatever came before', () => {
  const state = spreadOf()
  linked(state, nameOf(1))
  const empty = digestOf(state)
  for (let at = 0; at < 100; at++) learned(state, versionOf(nameOf(at), session, 1), true, undefined, 0)
  for (let at = 0; at < 100; at++) learned(state, versionOf(nameOf(at), session, 2), false, undefined, 0)
  for (let at = 0; at < 100; at++) forgotten(state, nameOf(at))
  expect(digestOf(state)).toEqual(empty)
  expect(flush(state, 1e9)).toEqual([])
})

function sorted(state: SpreadState): string[] {
  return [...state.known.values()].map(({ peer, session: own, sequence }) => `${peer} ${own} ${sequence}`).sort()
}
