import { expect, test } from 'vitest'
import type { PeerId } from '../../../src/base/ids.ts'
import { dialBackoffMaxMs, linksMax } from '../../../src/mesh/limits.ts'
import { type OverlayFacts, type OverlayInput, overlayOf, shuffleIntervalMs } from '../../../src/mesh/overlay/state.ts'
import { dropDelayMs, relayBytes, relaysBeforeDial, step } from '../../../src/mesh/overlay/step.ts'
import { seededRandom } from '../../link/support/turns.ts'

const name = (at: number) => `p${String(at).padStart(3, '0')}` as PeerId
type Told = OverlayInput extends infer Each ? (Each extends unknown ? Omit<Each, 'nowMs'> : never) : never

function lab(others: number, facts: Partial<OverlayFacts> = {}) {
  const state = overlayOf('p000x' as PeerId, seededRandom(1), 0)
  const all = { engaged: () => [], degreeOf: () => 4, ...facts }
  const at = { nowMs: 0 }
  const tell = (told: Told) => step(state, { ...told, nowMs: at.nowMs } as OverlayInput, all)
  for (let other = 0; other < others; other++) tell({ kind: 'candidate', peer: name(other) })
  const dials = () => tell({ kind: 'review' }).flatMap(effect => (effect.kind === 'dial' ? [effect.peer] : []))
  return { state, tell, at, dials }
}

test('a link beyond the limit is let go at once; one of the ring stays, and a chord goes for it', () => {
  const { state, tell } = lab(40)
  for (let other = 5; other < 5 + linksMax; other++) expect(tell({ kind: 'linked', peer: name(other) })).toEqual([])
  expect(tell({ kind: 'linked', peer: name(30) })).toEqual([{ kind: 'drop', peer: name(30) }])
  tell({ kind: 'unlinked', peer: name(30) })
  const [effect] = tell({ kind: 'linked', peer: name(1) })
  expect(effect?.kind).toBe('drop')
  expect(state.ring?.has((effect as { peer: PeerId }).peer)).toBe(false)
})

test('links that are required come on top of all limits, and are dialled though there are enough', () => {
  const { tell, dials } = lab(40)
  for (let other = 5; other < 5 + linksMax; other++) tell({ kind: 'linked', peer: name(other) })
  tell({ kind: 'required', peers: new Set([name(20), name(21)]) })
  expect(dials().sort()).toEqual([name(20), name(21)])
  expect(tell({ kind: 'linked', peer: name(20) })).toEqual([])
})

test('whose reputation is low is not dialled, and let go though nothing is quiet', () => {
  const bad = new Set([name(3), name(4), name(5)])
  const { tell, dials, at } = lab(6, { reputationOf: peer => (bad.has(peer) ? 0.1 : 1) })
  tell({ kind: 'linked', peer: name(3) })
  const effects = tell({ kind: 'review' })
  expect(effects).toContainEqual({ kind: 'drop', peer: name(3) })
  tell({ kind: 'unlinked', peer: name(3) })
  at.nowMs = 10_000
  for (let round = 0; round < 5; round++) expect(dials().some(peer => bad.has(peer))).toBe(false)
})

test.each<[string, number, number]>([
  ['small', 0, relaysBeforeDial],
  ['large', 4 * relayBytes, relaysBeforeDial / 5],
])('%s messages that are relayed to one peer within a second are worth a link, a few are not', (_, bytes, times) => {
  const { tell } = lab(40)
  const relay = (peer: number) => tell({ kind: 'relayed', peer: name(peer), bytes })
  for (let turn = 0; turn < 3; turn++) {
    for (let time = 0; time < times; time++) for (const peer of [20, 21]) expect(relay(peer)).toEqual([])
    tell({ kind: 'review' })
  }
  for (let time = 0; time < times; time++) expect(relay(20)).toEqual([])
  expect(relay(20)).toEqual([{ kind: 'dial', peer: name(20) }])
  expect(relay(20)).toEqual([])
})

test('a peer that fails rests, each time longer, and never longer than the limit', () => {
  const { state, tell, at } = lab(1)
  let last = 0
  for (let failure = 0; failure < 12; failure++) {
    const [effect] = tell({ kind: 'review' })
    expect(effect).toEqual({ kind: 'dial', peer: name(0) })
    tell({ kind: 'dial-failed', peer: name(0) })
    const restMs = (state.resting.get(name(0))?.untilMs ?? 0) - at.nowMs
    expect(restMs).toBeLessThanOrEqual(1.5 * dialBackoffMaxMs)
    expect(tell({ kind: 'review' })).toEqual([])
    at.nowMs += restMs + 1
    last = restMs
  }
  expect(last).toBeGreaterThan(dialBackoffMaxMs / 2)
})

test('a dial that takes long is not waited for: another begins beside it', () => {
  const { tell, at, dials } = lab(30)
  tell({ kind: 'linked', peer: name(0) })
  tell({ kind: 'linked', peer: name(1) })
  const first = dials()
  expect(first.length).toBeGreaterThan(0)
  expect(dials()).toEqual([])
  at.nowMs += 1_001
  expect(dials().length).toBe(first.length)
})

test('below the least links it looks again as soon as a dial is slow, and dials one more each time, up to the limit', () => {
  const { state, tell, at } = lab(30)
  for (const peer of [name(0), name(1)]) tell({ kind: 'linked', peer })
  const begun: number[] = []
  let effects = tell({ kind: 'review' })
  for (let steps = 0; steps < 20; steps++) {
    for (const { kind } of effects) if (kind === 'dial') begun.push(at.nowMs)
    const wake = effects.find(({ kind }) => kind === 'wake')
    if (wake?.kind !== 'wake') break
    at.nowMs = wake.atMs
    effects = tell({ kind: 'review' })
  }
  expect(begun).toEqual([0, 250, 500, 1_000, 1_500, 2_000])
  expect(state.linked.size + state.dialling.size).toBe(linksMax)
})

test('another that dials us and does not arrive is not waited for either', () => {
  const { tell, at, dials } = lab(30, { engaged: () => [name(3)] })
  for (const peer of [name(0), name(1)]) tell({ kind: 'linked', peer })
  expect(tell({ kind: 'review' })).toEqual([{ kind: 'wake', atMs: 250 }])
  at.nowMs = 250
  const [peer, ...more] = dials()
  expect([more, peer === name(3)]).toEqual([[], false])
})

test('who refuses, or cannot be reached, rests, and another is asked at once', () => {
  const { tell, at, dials } = lab(30)
  for (const peer of [name(0), name(29)]) tell({ kind: 'linked', peer })
  const [first] = dials() as [PeerId]
  tell({ kind: 'linked', peer: first })
  at.nowMs += 8
  tell({ kind: 'unlinked', peer: first }) // it was full
  const [second] = dials() as [PeerId]
  expect(second).not.toBe(first)
  tell({ kind: 'dial-failed', peer: second })
  const [third] = dials() as [PeerId]
  expect([first, second]).not.toContain(third)
  // Whoever stayed for a while was no refusal.
  tell({ kind: 'linked', peer: third })
  at.nowMs += 10_000
  tell({ kind: 'unlinked', peer: third })
  expect(tell({ kind: 'review' }).some(effect => effect.kind === 'dial')).toBe(true)
})

test('where all candidates rest, it looks again when the first has rested', () => {
  const { state, tell, at } = lab(3)
  tell({ kind: 'linked', peer: name(0) })
  for (const peer of [name(1), name(2)]) {
    state.dialling.set(peer, 0)
    tell({ kind: 'dial-failed', peer })
  }
  const [wake] = tell({ kind: 'review' })
  expect(wake).toEqual({ kind: 'wake', atMs: Math.min(...[...state.resting.values()].map(({ untilMs }) => untilMs)) })
  at.nowMs = (wake as { atMs: number }).atMs
  expect(tell({ kind: 'review' }).filter(({ kind }) => kind === 'dial')).toHaveLength(1)
})

test('a suspect is not dialled', () => {
  const { dials } = lab(3, { suspects: () => [name(0), name(1)] })
  expect(dials()).toEqual([name(2)])
})

test('who has no link and sees only suspects dials them: it may be itself that lost its way', () => {
  const { tell, dials } = lab(2, { suspects: () => [name(0), name(1)] })
  tell({ kind: 'linked', peer: name(0) })
  expect(dials()).toEqual([])
  tell({ kind: 'unlinked', peer: name(0) })
  expect(dials()).toHaveLength(1)
})

test('now and then a chord is exchanged: the new link first, then the old one goes', () => {
  const { tell, at } = lab(40)
  const linked = [name(0), name(1), name(20), name(30)]
  for (const peer of linked) tell({ kind: 'linked', peer })
  at.nowMs = 2 * shuffleIntervalMs
  const [dialled] = tell({ kind: 'review' })
  expect(dialled?.kind).toBe('dial')
  const incoming = (dialled as { peer: PeerId }).peer
  expect(linked).not.toContain(incoming)
  const [dropped] = tell({ kind: 'linked', peer: incoming })
  expect(dropped?.kind).toBe('drop')
  expect([name(20), name(30)]).toContain((dropped as { peer: PeerId }).peer)
})

test('a link above the target stays until the room is quiet', () => {
  const { tell, at } = lab(40, { degreeOf: () => 7 })
  for (let other = 10; other < 16; other++) tell({ kind: 'linked', peer: name(other) })
  expect(tell({ kind: 'review' }).some(effect => effect.kind === 'drop')).toBe(false)
  at.nowMs = dropDelayMs + 1
  expect(tell({ kind: 'review' }).some(effect => effect.kind === 'drop')).toBe(true)
})

test('who has no link dials others, though somebody dials it and never arrives', () => {
  const { tell, at } = lab(10, { engaged: () => [name(3)] })
  const first = tell({ kind: 'review' })
  expect(first.some(effect => effect.kind === 'wake')).toBe(true)
  at.nowMs += 300
  const [effect] = tell({ kind: 'review' })
  expect(effect?.kind).toBe('dial')
  expect(effect).not.toEqual({ kind: 'dial', peer: name(3) })
})
