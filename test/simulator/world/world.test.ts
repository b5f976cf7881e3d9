/** A protocol that is not Raft, a rumour that spreads, shows that the world knows none; and that one seed is one run. */
import { describe, expect, test } from 'vitest'
import { integerBelow } from '../../../src/base/random.ts'
import { commonFaultKinds, FaultInjector } from '../../../src/simulator/world/fault-injector.ts'
import type { Boot } from '../../../src/simulator/world/node.ts'
import { drawStorm } from '../../../src/simulator/world/storm.ts'
import { second } from '../../../src/simulator/world/time.ts'
import type { TraceEvent } from '../../../src/simulator/world/trace.ts'
import { Violation } from '../../../src/simulator/world/violation.ts'
import { World } from '../../../src/simulator/world/world.ts'

/** Every 100 ms whoever knows the rumour tells two others. */
function gossip(world: World<string>, size: number, knowing: Set<string>): void {
  const boot: Boot<string> = host => {
    host.clock.every(100, () => {
      for (let fanout = 0; fanout < 2 && knowing.has(host.name); fanout++)
        host.send(`n${integerBelow(host.random, size)}`, 'rumour')
    })
    return { receive: () => knowing.add(host.name) }
  }
  for (let count = 0; count < size; count++) world.addNode(`n${count}`).start(boot)
  knowing.add('n0')
}

function stormyGossip(seed: number, watch?: (event: TraceEvent) => void) {
  const world = new World<string>(seed, watch)
  const knowing = new Set<string>()
  gossip(world, 20, knowing)
  const faults = drawStorm(world.random.fork('storm'), commonFaultKinds, 20 * second)
  const injector = new FaultInjector(world, () => [...world.nodes.values()])
  injector.schedule(faults)
  world.runUntil(20 * second)
  return { world, knowing, faults, injector }
}

describe('a world', () => {
  test('lets a rumour reach 1,000 nodes', () => {
    const world = new World<string>(1)
    const knowing = new Set<string>()
    gossip(world, 1_000, knowing)
    world.runUntil(3 * second)
    expect(knowing.size).toBe(1_000)
  })

  test('runs the same twice from one seed under every kind of fault, and differently from another', () => {
    const hashes = [1, 2, 3, 4, 5].map(seed => {
      const { world } = stormyGossip(seed)
      expect(stormyGossip(seed).world.trace.hash, `seed ${seed}`).toBe(world.trace.hash)
      return world.trace.hash
    })
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  test('has the same hash whether or not somebody watches, and shows who watches what happens', () => {
    const events: TraceEvent[] = []
    const { world } = stormyGossip(4, event => events.push(event))
    expect(world.trace.hash).toBe(stormyGossip(4).world.trace.hash)
    const kinds = new Set(events.map(({ kind }) => kind))
    for (const kind of ['deliver', 'timer', 'fault', 'start']) expect(kinds).toContain(kind)
    expect(events.every(({ timeUs }, place) => timeUs >= (events[place - 1]?.timeUs ?? 0))).toBe(true)
  })

  test('is calm again after the storm: nothing is cut, frozen or drifting', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const { world, injector, knowing } = stormyGossip(seed)
      injector.calm()
      for (const node of world.nodes.values()) {
        expect(node.isPaused).toBe(false)
        if (!node.isUp) node.start()
      }
      world.runUntil(world.nowUs + 5 * second)
      expect(knowing.size, `seed ${seed}`).toBe(20)
    }
  })

  test('stops at the event after which a promise is broken', () => {
    const world = new World<string>(1)
    const knowing = new Set<string>()
    gossip(world, 10, knowing)
    const acted: (string | undefined)[] = []
    world.afterEach(name => {
      acted.push(name)
      if (knowing.size > 3) throw new Violation('secrecy', 'four know it')
    })
    expect(() => world.runUntil(10 * second)).toThrow('secrecy: four know it')
    expect(knowing.size).toBe(4)
    expect(acted.length).toBe(world.events)
  })
})

describe('a storm', () => {
  test('is the same for one seed, and its other kinds stay when one is left out', () => {
    const storm = (kinds: readonly string[]) => drawStorm(new World(9).random.fork('storm'), kinds, 100 * second)
    expect(storm(commonFaultKinds)).toEqual(storm(commonFaultKinds))
    const withoutCrash = storm(commonFaultKinds.filter(kind => kind !== 'crash'))
    const strip = (faults: ReturnType<typeof storm>) => faults.map(({ id: _, ...fault }) => fault)
    expect(strip(withoutCrash)).toEqual(strip(storm(commonFaultKinds)).filter(({ kind }) => kind !== 'crash'))
  })

  test('has another temper for each seed, and over many seeds every kind', () => {
    const kindsOf = (seed: number) =>
      new Set(drawStorm(new World(seed).random.fork('storm'), commonFaultKinds, 60 * second).map(({ kind }) => kind))
    const kinds = Array.from({ length: 40 }, (_, seed) => kindsOf(seed))
    expect(new Set(kinds.flatMap(set => [...set]))).toEqual(new Set(commonFaultKinds))
    expect(new Set(kinds.map(set => [...set].sort().join())).size).toBeGreaterThan(30)
  })

  test('refuses a kind that nobody can make', () => {
    const world = new World<string>(1)
    const injector = new FaultInjector(world, () => [])
    const fault = { id: 0, kind: 'locusts', atUs: 0, forUs: 0, pick: 0, strength: 0 }
    expect(() => injector.schedule([fault])).toThrow('locusts')
  })
})
