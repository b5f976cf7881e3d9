import { describe, expect, test } from 'vitest'
import type { Boot } from '../../../src/simulator/world/node.ts'
import { ms, second } from '../../../src/simulator/world/time.ts'
import { World } from '../../../src/simulator/world/world.ts'

interface Heard {
  readonly at: string
  readonly from: string
  readonly message: unknown
  readonly timeUs: number
}

/** Nodes a, b and c, each of which writes down what it hears. */
function threeNodes(seed = 1) {
  const world = new World<unknown>(seed)
  const heard: Heard[] = []
  const boot: Boot<unknown> = host => ({
    receive: (from, message) => heard.push({ at: host.name, from, message, timeUs: world.nowUs }),
  })
  for (const name of ['a', 'b', 'c']) world.addNode(name).start(boot)
  return { world, heard, number: (name: string) => world.nodes.get(name)?.number ?? -1 }
}

describe('a link', () => {
  test('delivers everything once and in order in fair weather', () => {
    const { world, heard } = threeNodes()
    for (let count = 0; count < 200; count++) world.network.send('a', 'b', count)
    world.runUntil(10 * second)
    expect(heard.map(({ message }) => message)).toEqual(Array.from({ length: 200 }, (_, count) => count))
  })

  test('takes time, at least the minimum', () => {
    const { world, heard } = threeNodes()
    world.network.weather.delayMinUs = 7 * ms
    world.network.send('a', 'b', 'hello')
    world.runUntil(second)
    expect(heard[0]?.timeUs).toBeGreaterThanOrEqual(7 * ms)
  })

  test('loses, doubles and reorders about as many messages as the weather says', () => {
    const { world, heard } = threeNodes()
    Object.assign(world.network.weather, { lossRate: 0.3, duplicateRate: 0.2, reorderRate: 0.5 })
    for (let count = 0; count < 2_000; count++) world.network.send('a', 'b', count)
    world.runUntil(100 * second)
    const messages = heard.map(({ message }) => message as number)
    const distinct = new Set(messages).size
    expect(distinct).toBeGreaterThan(1_300)
    expect(distinct).toBeLessThan(1_500)
    expect(messages.length - distinct).toBeGreaterThan(200)
    expect(messages.length - distinct).toBeLessThan(360)
    expect(messages.filter((message, place) => message < (messages[place - 1] ?? 0)).length).toBeGreaterThan(100)
  })

  test('shares nothing with the sender, neither the original nor between duplicates', () => {
    const { world, heard } = threeNodes()
    world.network.weather.duplicateRate = 1
    const message = { entries: [{ index: 1 }], bytes: new Uint8Array([1, 2]) }
    world.network.send('a', 'b', message)
    message.entries.push({ index: 2 })
    message.bytes[0] = 9
    world.runUntil(second)
    const [first, again] = heard.map(event => event.message)
    expect(first).toEqual({ entries: [{ index: 1 }], bytes: new Uint8Array([1, 2]) })
    expect(again).toEqual(first)
    expect(again).not.toBe(first)
  })

  test.for<[string, unknown]>([
    ['a function', { run: () => 1 }],
    ['an object of a class', { when: new Map() }],
  ])('refuses to carry %s', ([, message]) => {
    const { world } = threeNodes()
    expect(() => world.network.send('a', 'b', message)).toThrow('is not data')
  })
})

describe('a cut', () => {
  test('loses what is sent during it and what is on its way, in the given direction only', () => {
    const { world, heard, number } = threeNodes()
    world.network.weather.delayMinUs = 5 * ms
    world.network.send('a', 'b', 'on its way')
    const heal = world.network.cut((from, to) => from === number('a') && to === number('b'))
    world.network.send('a', 'b', 'during')
    world.network.send('b', 'a', 'back')
    world.runUntil(second)
    heal()
    world.network.send('a', 'b', 'after')
    world.runUntil(2 * second)
    expect(heard.map(({ message }) => message)).toEqual(['back', 'after'])
  })

  test('ends with heal, and the weather becomes fair', () => {
    const { world, heard } = threeNodes()
    world.network.cut(() => true)
    world.network.weather.lossRate = 1
    world.network.heal()
    world.network.send('a', 'b', 'after')
    world.runUntil(second)
    expect(heard).toHaveLength(1)
  })
})

test('a clog holds messages back, and lets them out in order when it ends', () => {
  const { world, heard, number } = threeNodes()
  world.network.clog((from, to) => to === number('b') && from === number('a'), 3 * second)
  for (let count = 0; count < 20; count++) world.network.send('a', 'b', count)
  world.network.send('a', 'c', 'elsewhere')
  world.runUntil(2 * second)
  expect(heard.map(({ at }) => at)).toEqual(['c'])
  world.runUntil(4 * second)
  expect(heard.slice(1).map(({ message }) => message)).toEqual(Array.from({ length: 20 }, (_, count) => count))
  expect(heard[1]?.timeUs).toBeGreaterThanOrEqual(3 * second)
})
