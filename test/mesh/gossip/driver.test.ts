/** Rumours over a mesh in memory: everybody hears, who comes later too, and nonsense is counted. */
import { afterEach, expect, test, vi } from 'vitest'
import { MeshError } from '../../../src/base/errors.ts'
import { randomId, systemClock, systemRandom } from '../../../src/base/system.ts'
import { parseRumourMessage, Rumours, rumourTopic } from '../../../src/mesh/gossip/rumours/driver.ts'
import { givenRumoursMax, rumourBytesMax, rumourTtlMsMax } from '../../../src/mesh/gossip/rumours/limits.ts'
import { FakeNetwork } from '../../work/support/fake-mesh.ts'

const open: Rumours[] = []
afterEach(() => {
  for (const rumours of open.splice(0)) rumours.close()
})

function join(network: FakeNetwork, name: string) {
  const heard: string[] = []
  const counters: string[] = []
  const mesh = network.join(name)
  const rumours = new Rumours({
    mesh,
    clock: systemClock,
    random: systemRandom,
    newId: randomId,
    settings: { intervalMs: 40, fanout: 3, antiEntropy: true, antiEntropyIntervalMs: 200 },
    isGenuine: async () => true,
    onHeard: ({ payload }) => heard.push(new TextDecoder().decode(payload)),
    count: counter => counters.push(counter),
  })
  open.push(rumours)
  return { mesh, rumours, heard, counters }
}

test('everybody hears each rumour once, and so does who comes later', async () => {
  const network = new FakeNetwork()
  const peers = Array.from({ length: 12 }, (_, at) => join(network, `P${at}`))
  for (const word of ['one', 'two']) peers[0]?.rumours.spread(new TextEncoder().encode(word), 60_000)
  await vi.waitFor(() => expect(peers.every(({ heard }) => heard.length === 2)).toBe(true), 20_000)
  const late = join(network, 'late')
  await vi.waitFor(() => expect([...late.heard].sort()).toEqual(['one', 'two']), 20_000)
  for (const { heard } of peers) expect([...heard].sort()).toEqual(['one', 'two'])
})

test('more rumours than one message holds all arrive', async () => {
  const network = new FakeNetwork()
  const [one, other] = [join(network, 'one'), join(network, 'other')]
  for (let at = 0; at < 2 * givenRumoursMax + 5; at++) one.rumours.spread(new Uint8Array([at]), 60_000)
  await vi.waitFor(() => expect(other.heard).toHaveLength(2 * givenRumoursMax + 5), 20_000)
})

test('what makes no sense is refused here, and counted there', async () => {
  const network = new FakeNetwork()
  const [one, other] = [join(network, 'one'), join(network, 'other')]
  expect(() => one.rumours.spread(new Uint8Array(rumourBytesMax + 1), 1_000)).toThrow(MeshError)
  for (const ttlMs of [0, Number.NaN, rumourTtlMsMax + 1])
    expect(() => one.rumours.spread(new Uint8Array(1), ttlMs)).toThrow(MeshError)
  await one.mesh.send(other.mesh.id, rumourTopic, { kind: 'give', rumours: [{ id: 'x', ttlMs: 5, payload: '*' }] })
  await one.mesh.send(other.mesh.id, rumourTopic, { kind: 'shout' })
  await vi.waitFor(() => expect(other.counters.filter(name => name === 'rumours.malformed')).toHaveLength(2))
  expect(parseRumourMessage(null)).toBeInstanceOf(MeshError)
})
