import { describe, expect, test } from 'vitest'
import type { Host } from '../../../src/simulator/world/node.ts'
import { ms, second } from '../../../src/simulator/world/time.ts'
import { World } from '../../../src/simulator/world/world.ts'

/** One node that ticks every 100 ms of its own clock and writes down what happens to it. */
function ticking(seed = 1) {
  const world = new World<string>(seed)
  const log: { what: string; timeUs: number }[] = []
  const hosts: Host<string>[] = []
  const node = world.addNode('a')
  world.addNode('b').start(() => ({ receive() {} }))
  const note = (what: string) => log.push({ what, timeUs: world.nowUs })
  node.start(host => {
    hosts.push(host)
    host.clock.every(100, () => note(`tick ${host.life}`))
    return { receive: (_, message) => note(message), leave: () => host.send('b', 'bye') }
  })
  const count = (what: string) => log.filter(entry => entry.what === what).length
  return { world, node, log, hosts, count }
}

describe('a node', () => {
  test('never hears in a later life what it began in an earlier one', () => {
    const { world, node, hosts, count } = ticking()
    hosts[0]?.clock.after(300, () => expect.unreachable('a timer of an ended life'))
    world.runUntil(250 * ms)
    node.crash()
    node.start()
    world.runUntil(1_250 * ms)
    expect(count('tick 1')).toBe(2)
    expect(count('tick 2')).toBe(10)
    hosts[0]?.stop()
    expect(node.isUp).toBe(true) // only the life that is over could be stopped by its own host
  })

  test('hears in a new life what was sent to the old one, because a link does not know of lives', () => {
    const { world, node, count } = ticking()
    world.network.weather.delayMinUs = 50 * ms
    world.network.send('b', 'a', 'late')
    node.crash()
    node.start()
    world.runUntil(200 * ms)
    expect(count('late')).toBe(1)
  })

  test('frozen, handles nothing; thawed, handles each message in order and each timer once', () => {
    const { world, node, log, count } = ticking()
    world.runUntil(150 * ms)
    node.pause()
    for (const word of ['one', 'two', 'three']) world.network.send('b', 'a', word)
    world.runUntil(5 * second)
    expect(log).toHaveLength(1)
    node.resume()
    world.runUntil(5 * second + 1)
    expect(count('tick 1')).toBe(2)
    expect(log.filter(({ what }) => !what.startsWith('tick')).map(({ what }) => what)).toEqual(['one', 'two', 'three'])
  })

  test('thawed, has its timers before its messages in some worlds and after them in others', () => {
    const orders = new Set<string>()
    for (let seed = 1; seed <= 20; seed++) {
      const { world, node, log } = ticking(seed)
      node.pause()
      world.network.send('b', 'a', 'message')
      world.runUntil(second)
      node.resume()
      world.runUntil(second + 1)
      orders.add(log.map(({ what }) => what).join())
    }
    expect(orders).toEqual(new Set(['tick 1,message', 'message,tick 1']))
  })

  test('crashed while frozen, forgets what piled up', () => {
    const { world, node, count } = ticking()
    node.pause()
    world.network.send('b', 'a', 'lost')
    world.runUntil(second)
    node.crash()
    node.start()
    world.runUntil(2 * second)
    expect(count('lost')).toBe(0)
  })

  test('says its last words when it leaves, and none when it crashes', () => {
    const words: string[] = []
    const { world, node } = ticking()
    world.nodes.get('b')?.crash()
    world.nodes.get('b')?.start(() => ({ receive: (_, message) => words.push(message) }))
    node.crash()
    node.start()
    node.leave()
    world.runUntil(second)
    expect(words).toEqual(['bye'])
  })
})

describe('its clock', () => {
  test('runs at its own rate, and timers with it', () => {
    const { world, node, hosts, count } = ticking()
    world.runUntil(second)
    const clock = hosts[0]?.clock
    const before = clock?.monotonicMs() ?? 0
    node.setClockRate(2)
    world.runUntil(2 * second)
    expect((clock?.monotonicMs() ?? 0) - before).toBeCloseTo(2_000, 6)
    expect(count('tick 1')).toBeGreaterThanOrEqual(28)
    expect(count('tick 1')).toBeLessThanOrEqual(30)
  })

  test('jumps on the wall, never in durations', () => {
    const { node, hosts } = ticking()
    const clock = hosts[0]?.clock
    const wall = clock?.nowMs() ?? 0
    const monotonic = clock?.monotonicMs() ?? 0
    node.jumpWallClock(-3_600 * second)
    expect((clock?.nowMs() ?? 0) - wall).toBe(-3_600_000)
    expect(clock?.monotonicMs()).toBe(monotonic)
  })

  test('stops a repeating timer when told, also from within', () => {
    const { world, hosts } = ticking()
    let rings = 0
    const cancel = hosts[0]?.clock.every(10, () => {
      rings++
      if (rings === 3) cancel?.()
    })
    world.runUntil(second)
    expect(rings).toBe(3)
  })
})
