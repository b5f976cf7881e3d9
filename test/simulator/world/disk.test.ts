import { describe, expect, test } from 'vitest'
import { Disk, type WriteOutcome } from '../../../src/simulator/world/disk.ts'
import type { Host } from '../../../src/simulator/world/node.ts'
import { second } from '../../../src/simulator/world/time.ts'
import { World } from '../../../src/simulator/world/world.ts'

interface Write {
  readonly epoch: number
  readonly items: readonly number[]
}
interface State {
  readonly epoch: number
  readonly items: readonly number[]
}

function nodeWithDisk(seed: number, tears = false) {
  const world = new World<never>(seed)
  const disk = new Disk<State, Write>(world, 'a', {
    initial: () => ({ epoch: 0, items: [] }),
    fold: (state, write) =>
      write.epoch < state.epoch ? undefined : { epoch: write.epoch, items: [...state.items, ...write.items] },
    ...(tears && { tear: (write: Write) => ({ ...write, items: write.items.slice(0, 1) }) }),
  })
  const hosts: Host<never>[] = []
  const node = world.addNode('a')
  node.start(host => {
    hosts.push(host)
    disk.attach(host)
    return { receive() {} }
  })
  const outcomes: WriteOutcome[] = []
  const write = (epoch: number, ...items: number[]) =>
    disk.write(hosts.at(-1) as Host<never>, { epoch, items }, outcome => outcomes.push(outcome))
  return { world, disk, node, write, outcomes }
}

describe('a disk', () => {
  test('makes writes durable in order, and says so only then', () => {
    const { world, disk, write, outcomes } = nodeWithDisk(1)
    write(1, 1)
    write(1, 2)
    expect(disk.state.items).toEqual([])
    expect(outcomes).toEqual([])
    world.runUntil(second)
    expect(disk.state.items).toEqual([1, 2])
    expect(outcomes).toEqual(['durable', 'durable'])
  })

  test('keeps any number of the first unsynced writes in a crash, in order, and never says so', () => {
    const kept = new Set<number>()
    for (let seed = 1; seed <= 60; seed++) {
      const { world, disk, node, write, outcomes } = nodeWithDisk(seed)
      for (const item of [1, 2, 3]) write(1, item)
      node.crash()
      const count = disk.state.items.length
      expect(disk.state.items).toEqual([1, 2, 3].slice(0, count))
      kept.add(count)
      world.runUntil(second)
      expect(outcomes).toEqual([])
    }
    expect(kept).toEqual(new Set([0, 1, 2, 3]))
  })

  test('lets some writes of a dead host land late, and a fence refuses them', () => {
    let late = 0
    for (let seed = 1; seed <= 60; seed++) {
      const open = nodeWithDisk(seed)
      open.write(1, 1)
      open.node.crash()
      const before = open.disk.state.items.length
      open.world.runUntil(second)
      late += open.disk.state.items.length - before

      const fenced = nodeWithDisk(seed)
      fenced.write(1, 1)
      fenced.node.crash()
      fenced.node.start()
      fenced.write(2)
      fenced.world.runUntil(second, () => fenced.disk.state.epoch === 2)
      const found = fenced.disk.read().items
      fenced.world.runUntil(2 * second)
      expect(fenced.disk.state).toEqual({ epoch: 2, items: found })
    }
    expect(late).toBeGreaterThan(3)
  })

  test('refuses a write of an older epoch, and tells its host', () => {
    const { world, disk, write, outcomes } = nodeWithDisk(1)
    write(2, 1)
    write(1, 2)
    world.runUntil(second)
    expect(outcomes).toEqual(['durable', 'refused'])
    expect(disk.state.items).toEqual([1])
  })

  test('tears a write only where the store is not transactional', () => {
    const torn = (tears: boolean) => {
      let count = 0
      for (let seed = 1; seed <= 60; seed++) {
        const { world, disk, node, write } = nodeWithDisk(seed, tears)
        write(1, 1, 2, 3)
        node.crash()
        world.runUntil(second)
        if (disk.state.items.length === 1) count++
      }
      return count
    }
    expect(torn(true)).toBeGreaterThan(5)
    expect(torn(false)).toBe(0)
  })

  test('fails a write when told to, without doing it, and recovers', () => {
    const { world, disk, write, outcomes } = nodeWithDisk(1)
    disk.isFailing = true
    write(1, 1)
    write(1, 2)
    world.runUntil(second)
    expect(outcomes).toEqual(['failed', 'durable'])
    expect(disk.state.items).toEqual([2])
  })

  test('wiped, is as new, and what was being written is gone', () => {
    const { world, disk, node, write } = nodeWithDisk(1)
    write(1, 1)
    world.runUntil(second)
    write(1, 2)
    disk.wipe()
    node.crash()
    world.runUntil(2 * second)
    expect(disk.state).toEqual({ epoch: 0, items: [] })
  })

  test('is slower when told to be', () => {
    const timeOf = (slowness: number) => {
      const { world, disk, write, outcomes } = nodeWithDisk(1)
      disk.slowness = slowness
      write(1, 1)
      world.runUntil(10 * second, () => outcomes.length > 0)
      return world.nowUs
    }
    expect(timeOf(100)).toBeGreaterThan(50 * timeOf(1))
  })
})
