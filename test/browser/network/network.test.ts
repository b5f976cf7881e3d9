/** Two browsers on two machines, as far as they can tell, with bad weather between them. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { BrowserName } from '../support/browsers.ts'
import { roomAt } from '../support/stage.ts'
import { idOf, meshOf, type Tab, waitForPeers } from '../support/tabs.ts'
import { isThorough } from '../support/thorough.ts'
import { Rig, whyNoRig } from './rig.ts'

const reason = whyNoRig()
if (reason) console.warn(`Skipped: ${reason}`)

/** Every pairing by `TABMESH_THOROUGH=1 npm test -- --only browser -- test/browser/network`; one of them otherwise. */
const pairs: [BrowserName, BrowserName][] = [['chromium', 'firefox']]
if (isThorough) pairs.push(['firefox', 'chromium'], ['chromium', 'chromium'], ['firefox', 'firefox'])

describe.skipIf(reason !== undefined).each(pairs)('%s and %s', (left, right) => {
  let rig: Rig
  let rooms = 0
  beforeAll(async () => {
    rig = await Rig.open([left, right])
  })
  afterEach(() => rig.clear())
  afterAll(() => rig?.close())

  async function meet(): Promise<[Tab, Tab]> {
    const room = roomAt(rig.server.origin, `weather-${++rooms}`, 'a key')
    const tabs: [Tab, Tab] = [await rig.tab(0, room.url('left')), await rig.tab(1, room.url('right'))]
    await Promise.all(tabs.map(tab => waitForPeers(tab, 1)))
    return tabs
  }

  test('every message comes once and in order through 10 % loss and 200 ms of delay', async () => {
    const tabs = await meet()
    await rig.weather({ delayMs: 100, lossPercent: 10 })
    expect(await rttOf(tabs[0], tabs[1])).toBeGreaterThan(200) // the weather is between them
    const talks = await Promise.all([talk(tabs[0], tabs[1], 200, 20), talk(tabs[1], tabs[0], 200, 20)])
    for (const { heard, failures } of talks) {
      expect(failures).toEqual([])
      expect(heard).toEqual(Array.from({ length: 200 }, (_, at) => at))
    }
  })

  test('a cut of 5 s loses nothing, and no link', async () => {
    const tabs = await meet()
    const before = await Promise.all([stateOf(tabs[0], tabs[1]), stateOf(tabs[1], tabs[0])])
    const talks = Promise.all([talk(tabs[0], tabs[1], 160, 50), talk(tabs[1], tabs[0], 160, 50)])
    await pause(1_000)
    await cut(true)
    await pause(5_000)
    await cut(false)
    for (const { heard, failures } of await talks) {
      expect(failures).toEqual([])
      expect(heard).toEqual(Array.from({ length: 160 }, (_, at) => at))
    }
    const after = await Promise.all([stateOf(tabs[0], tabs[1]), stateOf(tabs[1], tabs[0])])
    for (const side of [0, 1] as const) expect(identityOf(after[side])).toEqual(identityOf(before[side]))
  })

  // What Firefox sends while its address is gone fails in a way that ends the connection's encryption, whatever anybody does then.
  test.each([
    [0, left, left === 'firefox' ? 'another' : 'the same'],
    [1, right, right === 'firefox' ? 'another' : 'the same'],
  ] as const)(
    'when the address of side %i (%s) changes while disconnected, all is heard in order over %s connection',
    async (at, _, which) => {
      const tabs = await meet()
      const before = await Promise.all([stateOf(tabs[0], tabs[1]), stateOf(tabs[1], tabs[0])])
      await cut(true)
      const talks = Promise.all([talk(tabs[0], tabs[1], 100, 20), talk(tabs[1], tabs[0], 100, 20)])
      rig.readdress(at, '10.77.0.99')
      rig.sides[at].server.slam() // what stood on the old address ends with it
      await pause(1_000)
      await cut(false)
      for (const { heard, failures } of await talks) {
        expect(failures).toEqual([])
        expect(heard).toEqual(Array.from({ length: 100 }, (_, at) => at))
      }
      const after = await Promise.all([stateOf(tabs[0], tabs[1]), stateOf(tabs[1], tabs[0])])
      for (const side of [0, 1] as const) {
        if (which === 'another') expect(identityOf(after[side])).not.toEqual(identityOf(before[side]))
        else {
          expect(identityOf(after[side])).toEqual(identityOf(before[side]))
          expect(after[side].restarts).toBeGreaterThan(0)
        }
      }
    },
  )

  async function cut(isCut: boolean): Promise<void> {
    await rig.weather({ isCut })
    for (const { server } of rig.sides) server.isShut = isCut
  }
})

/** What must not change while a link heals: the connection of libp2p, and that of WebRTC. */
function identityOf({ openedAtMs, connection }: Awaited<ReturnType<typeof stateOf>>): object {
  return { openedAtMs, connection }
}

async function stateOf(tab: Tab, other: Tab) {
  return (await meshOf(tab)).evaluate(
    async (mesh, id) => {
      const peer = mesh.peers.find(peer => peer.id === id)
      const facts = peer && (await mesh.linkFacts(peer.id))
      const connection = globalThis.connections.findIndex(({ connectionState }) => connectionState === 'connected')
      return { openedAtMs: facts?.openedAtMs, restarts: facts?.restarts ?? 0, connection }
    },
    await idOf(other),
  )
}

async function rttOf(tab: Tab, other: Tab): Promise<number> {
  const id = await idOf(other)
  return (await meshOf(tab)).evaluate(async (mesh, id) => {
    const peer = mesh.peers.find(peer => peer.id === id)
    return peer ? (await mesh.ping(peer.id)).rttMs : 0
  }, id)
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}

/** Sends numbers one after the other, `everyMs` apart, and tells what the other tab heard when all are acknowledged. */
async function talk(
  from: Tab,
  to: Tab,
  count: number,
  everyMs: number,
): Promise<{ heard: number[]; failures: string[] }> {
  const other = await idOf(to)
  const sender = await idOf(from)
  const heard = await (await meshOf(to)).evaluateHandle((mesh, sender) => {
    const numbers: number[] = []
    mesh.subscribe('test.count', (payload, { from }) => from === sender && numbers.push(payload as number))
    return numbers
  }, sender)
  const failures = await (await meshOf(from)).evaluate(
    async (mesh, other, count, everyMs) => {
      const peer = mesh.peers.find(({ id }) => id === other)
      if (!peer) return ['the other is not there']
      const failures: string[] = []
      const sent: Promise<void>[] = []
      for (let at = 0; at < count; at++) {
        const one = mesh.send(peer.id, 'test.count', at, { timeoutMs: 60_000 })
        sent.push(one.catch(error => void failures.push(`${at}: ${error.message}`)))
        await new Promise(resolve => setTimeout(resolve, everyMs))
      }
      await Promise.all(sent)
      return failures
    },
    other,
    count,
    everyMs,
  )
  return { heard: await heard.jsonValue(), failures }
}
