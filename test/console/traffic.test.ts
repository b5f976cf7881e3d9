import { expect, test } from 'vitest'
import type { PeerId } from '../../src/base/ids.ts'
import { History, percentBusy } from '../../src/console/history.ts'
import { historySamplesMax } from '../../src/console/limits.ts'
import { Traffic } from '../../src/console/traffic.ts'
import type { LinkInfo } from '../../src/mesh/types.ts'

const ada = 'ada' as PeerId
const link = (sentBytes: number, receivedBytes: number, openedAtMs = 1): LinkInfo => ({
  peer: ada,
  kind: 'webrtc',
  rttMs: 3,
  sentBytes,
  receivedBytes,
  openedAtMs,
})

test('a rate needs two readings, and goes by the time between them', () => {
  const traffic = new Traffic()
  expect(traffic.sample([link(100, 200)], 1_000)).toBeUndefined()
  const sample = traffic.sample([link(1_100, 2_200)], 3_000)
  expect(sample).toMatchObject({ sentPerSecond: 500, receivedPerSecond: 1_000 })
  expect(sample?.perPeer.get(ada)).toBe(1_500)
})

test('a link that was opened anew counts from zero, and never backwards', () => {
  const traffic = new Traffic()
  traffic.sample([link(9_000, 9_000, 1)], 0)
  expect(traffic.sample([link(500, 100, 2)], 1_000)).toMatchObject({ sentPerSecond: 500, receivedPerSecond: 100 })
})

test('two readings at one time give no rate', () => {
  const traffic = new Traffic()
  traffic.sample([link(1, 1)], 5)
  expect(traffic.sample([link(2, 2)], 5)).toBeUndefined()
})

test('history keeps the newest two minutes, and leaves the older one as it was', () => {
  const self = { load: { slots: 2, busy: 1 } } as Parameters<History['with']>[0]['self']
  const empty = new History()
  let history = empty
  for (let second = 0; second < historySamplesMax + 10; second++)
    history = history.with({ self, peers: [], links: [link(0, 0)] }, undefined, second * 1_000)
  expect(empty.samples).toHaveLength(0)
  expect(history.samples).toHaveLength(historySamplesMax)
  expect(history.seconds[0]).toBe(10)
  expect(history.samples.at(-1)).toMatchObject({ ownLoad: 50, roomLoad: 50, sentPerSecond: null })
  expect(history.samples.at(-1)?.rttMs.get(ada)).toBe(3)
})

test('load is that of all slots together, and unknown without any', () => {
  expect(
    percentBusy([
      { slots: 2, busy: 2 },
      { slots: 6, busy: 0 },
    ]),
  ).toBe(25)
  expect(percentBusy([{ slots: 0, busy: 0 }])).toBeNull()
})
