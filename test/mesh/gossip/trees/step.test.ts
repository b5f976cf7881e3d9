/** Trees over random graphs: without faults a batch crosses as many links as there are other peers; with faults nobody misses one for long. */
import { expect, test } from 'vitest'
import type { PeerId } from '../../../../src/base/ids.ts'
import { integerBelow, type Random } from '../../../../src/base/random.ts'
import { originsMax } from '../../../../src/mesh/gossip/trees/limits.ts'
import { chokers, initialTrees, type TreesState } from '../../../../src/mesh/gossip/trees/state.ts'
import { step, type TreesEffect } from '../../../../src/mesh/gossip/trees/step.ts'
import { seededRandom } from '../../../link/support/turns.ts'

const id = (name: string) => name as PeerId

/** Peers that pass batches on as gossipsub does, over links whose delays differ from message to message. */
class Room {
  readonly #random: Random
  readonly #peers = new Map<PeerId, { state: TreesState; links: Set<PeerId>; seen: Map<number, PeerId> }>()
  readonly #queue: { at: number; run: () => void }[] = []
  #now = 0
  copies = 0

  constructor(size: number, degree: number, seed: number) {
    this.#random = seededRandom(seed)
    const names = Array.from({ length: size }, (_, at) => id(`P${at}`))
    for (const name of names) this.#peers.set(name, { state: initialTrees(), links: new Set(), seen: new Map() })
    for (const [at, name] of names.entries()) {
      this.#link(name, names[(at + 1) % size] as PeerId)
      while ((this.#peers.get(name)?.links.size ?? 0) < degree) this.#link(name, names[this.#below(size)] as PeerId)
    }
  }

  get names(): PeerId[] {
    return [...this.#peers.keys()]
  }

  knows(peer: PeerId, batch: number): boolean {
    return this.#peers.get(peer)?.seen.has(batch) ?? false
  }

  linksOf(peer: PeerId): PeerId[] {
    return [...(this.#peers.get(peer)?.links ?? [])]
  }

  publish(origin: PeerId, batch: number): void {
    this.#peers.get(origin)?.seen.set(batch, origin)
    for (const to of this.#peers.get(origin)?.links ?? []) this.#send(origin, to, origin, batch)
  }

  die(peer: PeerId): void {
    const links = this.#peers.get(peer)?.links ?? []
    this.#peers.delete(peer)
    for (const other of links) {
      this.#peers.get(other)?.links.delete(peer)
      this.#later(() => this.#perform(other, step(this.#stateOf(other), { kind: 'gone', peer })))
    }
  }

  /** What gossipsub's ids do: each neighbour hears what there is, and asks for what it lacks. */
  offerAll(): void {
    for (const peer of this.#peers.keys()) for (const to of this.linksOf(peer)) this.#offer(peer, to)
  }

  settle(): void {
    for (;;) {
      const next = this.#queue.shift()
      if (!next) return
      this.#now = next.at
      next.run()
    }
  }

  #offer(from: PeerId, to: PeerId): void {
    for (const [batch, origin] of this.#peers.get(from)?.seen ?? []) {
      if (!this.knows(to, batch)) this.#send(from, to, origin, batch)
    }
  }

  #send(from: PeerId, to: PeerId, origin: PeerId, batch: number): void {
    this.copies++
    this.#later(() => this.#receive(from, to, origin, batch))
  }

  #receive(from: PeerId, to: PeerId, origin: PeerId, batch: number): void {
    const peer = this.#peers.get(to)
    if (!peer?.links.has(from)) return
    const isCopy = peer.seen.has(batch)
    this.#perform(to, step(peer.state, { kind: isCopy ? 'copy' : 'first', origin, via: from }))
    if (isCopy) return
    peer.seen.set(batch, origin)
    const kept = chokers(peer.state, origin)
    for (const next of peer.links)
      if (next !== from && next !== origin && !kept.includes(next)) this.#send(to, next, origin, batch)
  }

  #perform(by: PeerId, effects: readonly TreesEffect[]): void {
    for (const effect of effects) {
      const { to } = effect
      if (effect.kind === 'offer') this.#offer(by, to)
      else
        this.#later(() => {
          const { state, links } = this.#peers.get(to) ?? { links: new Set() }
          if (!state || !links.has(by)) return
          const [choke, unchoke] = effect.kind === 'choke' ? [[effect.origin], []] : [[], [effect.origin]]
          this.#perform(to, step(state, { kind: 'told', by, choke, unchoke }))
        })
    }
  }

  #stateOf(peer: PeerId): TreesState {
    return this.#peers.get(peer)?.state ?? initialTrees()
  }

  #later(run: () => void): void {
    const at = this.#now + 1 + this.#below(20)
    this.#queue.splice(this.#queue.findLastIndex(other => other.at <= at) + 1, 0, { at, run })
  }

  #below(limit: number): number {
    return integerBelow(this.#random, limit)
  }

  #link(one: PeerId, other: PeerId): void {
    if (one === other) return
    this.#peers.get(one)?.links.add(other)
    this.#peers.get(other)?.links.add(one)
  }
}

const seeds = Array.from({ length: 40 }, (_, at) => at + 1)

test.each([2, 9, 24])('among %i peers each origin has a tree after a few batches, whatever the delays', size => {
  for (const seed of seeds) {
    const room = new Room(size, Math.min(4, size - 1), seed)
    let batch = 0
    for (let round = 0; round < 12; round++) {
      for (const origin of room.names.slice(0, 3)) room.publish(origin, batch++)
      room.settle()
    }
    room.copies = 0
    const origins = room.names.slice(0, 3)
    for (const origin of origins) room.publish(origin, batch++)
    room.settle()
    // The origin itself sends to all its neighbours; one that has another parent gets a copy for it.
    const spare = room.copies - origins.length * (size - 1)
    expect(spare, `seed ${seed}`).toBe(0)
    for (const peer of room.names)
      for (let at = 0; at < batch; at++) expect(room.knows(peer, at), `seed ${seed}`).toBe(true)
  }
})

test('where peers die in the middle of it, those cut off have every batch after one offer', () => {
  for (const seed of seeds) {
    const room = new Room(24, 4, seed)
    let batch = 0
    const origin = room.names[0] as PeerId
    for (let round = 0; round < 6; round++) {
      room.publish(origin, batch++)
      room.settle()
    }
    for (const victim of room.names.slice(5, 9)) room.die(victim)
    const before = room.names.filter(peer => isConnected(room, origin, peer))
    for (let more = 0; more < 3; more++) room.publish(origin, batch++)
    room.settle()
    room.offerAll()
    room.settle()
    for (const peer of before)
      for (let at = 0; at < batch; at++) expect(room.knows(peer, at), `seed ${seed}, ${peer}, ${at}`).toBe(true)
  }
})

test('a parent that is gone opens the other ways, and what they kept is offered at once', () => {
  const state = initialTrees()
  const [origin, parent, other] = [id('O'), id('P'), id('X')]
  expect(step(state, { kind: 'first', origin, via: parent })).toEqual([])
  expect(step(state, { kind: 'copy', origin, via: other })).toEqual([{ kind: 'choke', to: other, origin }])
  expect(step(state, { kind: 'copy', origin, via: other })).toEqual([])
  expect(step(state, { kind: 'gone', peer: parent })).toEqual([{ kind: 'unchoke', to: other, origin }])
  const neighbour = initialTrees()
  step(neighbour, { kind: 'told', by: parent, choke: [origin], unchoke: [] })
  expect(chokers(neighbour, origin)).toEqual([parent])
  expect(step(neighbour, { kind: 'told', by: parent, choke: [], unchoke: [origin] })).toEqual([
    { kind: 'offer', to: parent },
  ])
  expect(chokers(neighbour, origin)).toEqual([])
})

test('the origin itself is the best parent, and one that was choked becomes it when it is first', () => {
  const state = initialTrees()
  const [origin, other] = [id('O'), id('X')]
  step(state, { kind: 'first', origin, via: other })
  expect(step(state, { kind: 'copy', origin, via: origin })).toEqual([{ kind: 'choke', to: other, origin }])
  expect(step(state, { kind: 'first', origin, via: other })).toEqual([{ kind: 'unchoke', to: other, origin }])
})

test('no neighbour and no number of origins makes it grow without end', () => {
  const state = initialTrees()
  const many = Array.from({ length: 2 * originsMax }, (_, at) => id(`O${at}`))
  step(state, { kind: 'told', by: id('P'), choke: many, unchoke: [] })
  expect(state.chokedBy.get(id('P'))?.size).toBe(originsMax)
  let unchoked = 0
  for (const origin of many) {
    unchoked += step(state, { kind: 'first', origin, via: id('P') }).length
    step(state, { kind: 'copy', origin, via: id('X') })
  }
  expect(state.sources.size).toBe(originsMax)
  expect(unchoked).toBe(originsMax) // those that were given up: nobody there waits for ever
})

function isConnected(room: Room, from: PeerId, to: PeerId): boolean {
  const reached = new Set([from])
  for (const peer of reached) for (const next of room.linksOf(peer)) reached.add(next)
  return reached.has(to)
}
