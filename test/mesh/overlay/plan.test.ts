import { expect, test } from 'vitest'
import type { PeerId } from '../../../src/base/ids.ts'
import { integerBelow } from '../../../src/base/random.ts'
import { linksHigh, linksMax, linksTarget } from '../../../src/mesh/limits.ts'
import { type OverlayView, planLinks, ringNeighbours } from '../../../src/mesh/overlay/plan.ts'
import { seededRandom } from '../../link/support/turns.ts'

const nobody: ReadonlySet<PeerId> = new Set()

function view(self: string, candidates: readonly string[], more: Partial<OverlayView> = {}): OverlayView {
  return {
    self: self as PeerId,
    candidates: new Set(candidates as readonly PeerId[]),
    linked: nobody,
    dialling: nobody,
    resting: nobody,
    degreeOf: () => 0,
    firstDials: 1,
    ...more,
  }
}

function names(count: number): PeerId[] {
  return Array.from({ length: count }, (_, at) => `p${String(at).padStart(3, '0')}` as PeerId)
}

/** A room in which every dial succeeds: each round all peers look at the plan, in an order by chance, and perform it. */
class Room {
  readonly links = new Map<PeerId, Set<PeerId>>()
  readonly #random
  /** The most links that anybody had at any time. */
  mostLinks = 0

  constructor(peers: readonly PeerId[], seed: number) {
    this.#random = seededRandom(seed)
    for (const peer of peers) this.links.set(peer, new Set())
  }

  /** Rounds until nobody wants a change; undefined where that takes more than `roundsMax`. */
  settle(roundsMax = 60): number | undefined {
    for (let round = 1; round <= roundsMax; round++) if (!this.#round()) return round
    return undefined
  }

  leave(peer: PeerId): void {
    for (const other of this.links.get(peer) ?? []) this.links.get(other)?.delete(peer)
    this.links.delete(peer)
  }

  join(peer: PeerId): void {
    this.links.set(peer, new Set())
  }

  get degrees(): number[] {
    return [...this.links.values()].map(links => links.size)
  }

  get isConnected(): boolean {
    const [start] = this.links.keys()
    const reached = new Set(start === undefined ? [] : [start])
    for (const peer of reached) for (const other of this.links.get(peer) ?? []) reached.add(other)
    return reached.size === this.links.size
  }

  #round(): boolean {
    const order = [...this.links.keys()]
    for (let last = order.length - 1; last > 0; last--) {
      const pick = integerBelow(this.#random, last + 1)
      ;[order[last], order[pick]] = [order[pick] as PeerId, order[last] as PeerId]
    }
    let isChanged = false
    for (const self of order) {
      const linked = this.links.get(self) as Set<PeerId>
      const candidates = new Set([...this.links.keys()].filter(peer => peer !== self))
      const degreeOf = (peer: PeerId) => this.links.get(peer)?.size ?? 0
      const seen = { self, candidates, linked, dialling: nobody, resting: nobody, degreeOf, firstDials: 1 }
      const plan = planLinks(seen, this.#random)
      for (const peer of plan.dial) {
        expect(linked.has(peer) || peer === self).toBe(false)
        this.#link(self, peer)
      }
      if (plan.drop) {
        linked.delete(plan.drop)
        this.links.get(plan.drop)?.delete(self)
      }
      isChanged ||= plan.dial.length > 0 || plan.drop !== undefined
    }
    return isChanged
  }

  #link(one: PeerId, two: PeerId): void {
    this.links.get(one)?.add(two)
    this.links.get(two)?.add(one)
    this.mostLinks = Math.max(this.mostLinks, ...[one, two].map(peer => this.links.get(peer)?.size ?? 0))
  }
}

const seeds = Array.from({ length: 40 }, (_, at) => at + 1)
const sizes = [2, 3, 4, 5, 6, 7, 8, 10, 13, 17, 24, 32, 48, 64]

test.each(sizes)('a room of %i settles: connected, few links each, the ring whole', size => {
  for (const seed of seeds) {
    const peers = names(size)
    const room = new Room(peers, seed)
    expect(room.settle(), `seed ${seed}`).toBeDefined()
    expect(room.isConnected, `seed ${seed}`).toBe(true)
    expect(room.mostLinks, `seed ${seed}`).toBeLessThanOrEqual(Math.min(size - 1, linksMax))
    if (size <= linksHigh + 1) expect(new Set(room.degrees), `seed ${seed}`).toEqual(new Set([size - 1]))
    else {
      expect(Math.min(...room.degrees), `seed ${seed}`).toBeGreaterThanOrEqual(3)
      const few = room.degrees.filter(degree => degree <= linksHigh).length
      expect(few / size, `seed ${seed}`).toBeGreaterThan(0.9) // 3 to 5 links (A6)
      const mean = room.degrees.reduce((sum, degree) => sum + degree) / size
      expect(mean, `seed ${seed}`).toBeLessThanOrEqual(linksTarget + 0.3) // each link costs every broadcast
    }
    for (const peer of peers)
      for (const neighbour of ringNeighbours(peer, new Set(peers.filter(other => other !== peer))))
        expect(room.links.get(peer)?.has(neighbour), `seed ${seed}`).toBe(true)
  }
})

test('a room through which people come and go settles again, connected', () => {
  for (const seed of seeds) {
    const random = seededRandom(seed)
    const room = new Room(names(20), seed)
    room.settle()
    for (let event = 0; event < 30; event++) {
      const here = [...room.links.keys()]
      if (integerBelow(random, 2) && here.length > 3) room.leave(here[integerBelow(random, here.length)] as PeerId)
      else room.join(`q${seed}-${event}` as PeerId)
      if (event % 5 === 4) expect(room.settle(), `seed ${seed}, event ${event}`).toBeDefined()
    }
    expect(room.isConnected, `seed ${seed}`).toBe(true)
    expect(Math.max(...room.degrees), `seed ${seed}`).toBeLessThanOrEqual(linksMax)
  }
})

test('the ring goes round, and in a room of two both neighbours are one', () => {
  const others = new Set(['b', 'd', 'e'] as PeerId[])
  expect([...ringNeighbours('c' as PeerId, others)].sort()).toEqual(['b', 'd'])
  expect([...ringNeighbours('a' as PeerId, others)].sort()).toEqual(['b', 'e'])
  expect([...ringNeighbours('a' as PeerId, new Set(['b'] as PeerId[]))]).toEqual(['b'])
  expect([...ringNeighbours('a' as PeerId, new Set())]).toEqual([])
})

test('a newcomer begins with as many dials as its first link is worth, and no more while these are under way', () => {
  const others = names(10)
  for (const firstDials of [1, 2]) {
    const plan = planLinks(view('me', others, { firstDials }), seededRandom(1))
    expect(plan.dial).toHaveLength(firstDials)
    const during = view('me', others, { firstDials, dialling: new Set(plan.dial) })
    expect(planLinks(during, seededRandom(1)).dial).toEqual([])
  }
})

test('who rests after a failure, is linked or is being dialled is not dialled', () => {
  const [one, two, three, four] = names(4) as [PeerId, PeerId, PeerId, PeerId]
  const busy = { linked: new Set([one]), dialling: new Set([two]), resting: new Set([three]) }
  expect(planLinks(view('me', [one, two, three, four], busy), seededRandom(1)).dial).toEqual([four])
})

test('a peer that is full dials nobody, and one that others find full is no chord', () => {
  const others = names(30)
  const full = { linked: new Set(others.slice(1, 1 + linksMax)) }
  expect(planLinks(view('p000x', others, full), seededRandom(1)).dial).toEqual([])
  const crowded = planLinks(
    view('me', others, { linked: new Set(others.slice(5, 6)), degreeOf: () => linksMax }),
    seededRandom(1),
  )
  expect(new Set(crowded.dial)).toEqual(ringNeighbours('me' as PeerId, new Set(others)))
})

test('of two that would both let a link go only one does, and never a link of the ring', () => {
  const others = names(20)
  const [low, high] = ['p010a' as PeerId, 'p015a' as PeerId]
  const many = (more: PeerId) => new Set([...others.slice(0, 6), more])
  const degreeOf = (peer: PeerId) => (peer === low || peer === high ? 7 : 4)
  const candidates = (more: PeerId) => [...others, more]
  const dropOfLow = planLinks(view(low, candidates(high), { linked: many(high), degreeOf }), seededRandom(1)).drop
  const dropOfHigh = planLinks(view(high, candidates(low), { linked: many(low), degreeOf }), seededRandom(1)).drop
  expect([dropOfLow, dropOfHigh]).toEqual([high, undefined])
  const ring = ringNeighbours(low, new Set(candidates(high)))
  const onlyRingCanSpare = (peer: PeerId) => (ring.has(peer) ? 8 : 3)
  const linked = new Set([...ring, ...others.slice(0, 5)])
  expect(
    planLinks(view(low, candidates(high), { linked, degreeOf: onlyRingCanSpare }), seededRandom(1)).drop,
  ).toBeUndefined()
})
