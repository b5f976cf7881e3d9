/** What a tab can tell of its links, its dials, and of why there is none. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { dialStages, type PathEnd } from '../../src/link/facts.ts'
import type { BrowserName } from './support/browsers.ts'
import { Stage } from './support/stage.ts'
import { idOf, meshOf, waitForPeers } from './support/tabs.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.shared(['chromium', 'firefox'], 'window')
})
afterEach(() => stage.clear([/WebSocket|ERR_CONNECTION_REFUSED|can.t establish a connection/i]))
afterAll(() => stage?.close())

test.each<[BrowserName, BrowserName]>([
  ['chromium', 'firefox'],
  ['firefox', 'chromium'],
])('%s tells how its link to %s was made, and how it stands', async (left, right) => {
  const [one, two] = await stage.tabs(stage.room(), [left, right])
  if (!one || !two) throw new Error('no tabs')
  await Promise.all([waitForPeers(one, 1), waitForPeers(two, 1)])
  for (const [tab, other] of [
    [one, await idOf(two)],
    [two, await idOf(one)],
  ] as const) {
    const mesh = await meshOf(tab)
    const facts = await mesh.evaluate((mesh, other) => mesh.linkFacts(other), other)
    expect(facts).toMatchObject({ peer: other, kind: 'webrtc', restarts: 0 })
    expect(facts.ice?.state).toMatch(/connected|completed/)
    const end = (end: PathEnd | undefined) => `${end?.type} ${end?.protocol} ${end?.family}`
    expect(end(facts.ice?.local)).toMatch(/^(host|prflx) udp IPv[46]$/)
    expect(end(facts.ice?.remote)).toMatch(/^(host|prflx) udp IPv[46]$/)
    for (const figure of [
      facts.rttMs,
      facts.sentBytes,
      facts.receivedBytes,
      facts.sentMessages,
      facts.receivedMessages,
    ])
      expect(figure).toBeGreaterThan(0)
    const dials = await mesh.evaluate(mesh => mesh.dials())
    const linked = dials.filter(({ outcome }) => outcome === 'linked')
    expect(linked.map(({ peer }) => peer)).toEqual([other])
    expect(linked[0]?.stages.map(({ stage }) => stage).sort()).toEqual([...dialStages].sort())
    expect((await mesh.evaluate(mesh => mesh.diagnose())).verdict).toBe('connected')
    await expect(mesh.evaluate((mesh, self) => mesh.linkFacts(self), await idOf(tab))).rejects.toThrow(/no direct link/)
  }
})

test('a tab that is alone knows that nothing is wrong with it', async () => {
  const tab = await stage.tab('chromium', stage.room().url())
  const diagnosis = await (await meshOf(tab)).evaluate(mesh => mesh.diagnose())
  expect(diagnosis.verdict).toBe('alone')
  expect(diagnosis.steps.map(({ what, state }) => `${what} ${state}`)).toEqual([
    'secure-context fine',
    'webrtc fine',
    'signaling fine',
    'peers doubtful',
    'candidates fine',
    'dials skipped',
    'links skipped',
  ])
})

test('a tab without signaling says so', async () => {
  const { origin } = stage.server
  const url = `${origin}/#${new URLSearchParams({ room: 'nobody', key: 'k', signaling: 'ws://127.0.0.1:9' })}`
  const tab = await stage.tab('firefox', url)
  const diagnosis = await (await meshOf(tab)).evaluate(mesh => mesh.diagnose())
  expect(diagnosis.verdict).toBe('signaling-unreachable')
  expect(diagnosis.advice).not.toBe('')
})
