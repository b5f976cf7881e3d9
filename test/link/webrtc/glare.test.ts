import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import { type Attempt, isOlder, judgeOffer, type OfferVerdict } from '../../../src/link/webrtc/glare.ts'

const [low, high] = ['A' as PeerId, 'B' as PeerId]
const [early, late] = ['k000-aaaaaaaa' as SessionId, 'k001-aaaaaaaa' as SessionId]

function ours(role: Attempt['role'], isOpen = false): Attempt {
  return { id: 'ours', role, session: early, isOpen }
}

test.each<[string, PeerId, PeerId, SessionId, string, Attempt | undefined, OfferVerdict]>([
  // what                                               self  from  session attempt   current                  verdict
  ['answers who offers first', low, high, early, 'new', undefined, 'answer'],
  ['keeps its own dial as the lower of two', low, high, early, 'new', ours('offerer'), 'ignore'],
  ['gives up its own dial as the higher of two', high, low, early, 'new', ours('offerer'), 'replace'],
  ['replaces an open link whose other side lost it', low, high, early, 'new', ours('offerer', true), 'replace'],
  ['replaces an open answered link likewise', low, high, early, 'new', ours('answerer', true), 'replace'],
  ['takes a second offer for the first one', low, high, early, 'new', ours('answerer'), 'replace'],
  ['ignores an offer that comes twice', high, low, early, 'ours', ours('answerer'), 'ignore'],
  ['takes a reloaded peer at once, whoever is lower', low, high, late, 'new', ours('offerer'), 'replace'],
  [
    'ignores what a reloaded peer sent before',
    high,
    low,
    early,
    'new',
    { ...ours('answerer'), session: late },
    'ignore',
  ],
])('%s', (_, self, from, session, attempt, current, verdict) => {
  expect(judgeOffer(self, from, { attempt, session }, current)).toBe(verdict)
})

test('sessions have one order for everybody, also when two started in the same ms', () => {
  const session = fc
    .tuple(fc.integer({ min: 0, max: 50 }), fc.stringMatching(/^[a-z0-9]{8}$/))
    .map(([start, chance]) => `${start.toString(36)}-${chance}` as SessionId)
  fc.assert(
    fc.property(session, session, session, (a, b, c) => {
      expect(isOlder(a, b) && isOlder(b, a)).toBe(false)
      expect(isOlder(a, b) || isOlder(b, a)).toBe(a !== b)
      if (isOlder(a, b) && isOlder(b, c)) expect(isOlder(a, c)).toBe(true)
    }),
  )
})

/**
 * Two sides, signals in order each way, and the rules alone. A step is one thing that may happen next: a side dials, or the
 * next signal one way arrives. When nothing is under way any more both sides must hold the same attempt, open.
 */
test('of any interleaving of two dials exactly one attempt survives, the same on both sides', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('dial A', 'dial B', 'to A', 'to B')), steps => {
      const world = new TwoSides()
      for (const step of ['dial A', ...steps]) world.perform(step)
      while (world.isUnderWay) {
        world.perform('to A')
        world.perform('to B')
      }
      expect(world.attemptOf(low)).toMatchObject({ isOpen: true })
      expect(world.attemptOf(high)).toMatchObject({ isOpen: true, id: world.attemptOf(low)?.id })
    }),
    { numRuns: 2_000 },
  )
})

interface Signal {
  readonly kind: 'offer' | 'answer'
  readonly attempt: string
}

class TwoSides {
  readonly #current = new Map<PeerId, Attempt>()
  readonly #toward = new Map<PeerId, Signal[]>([
    [low, []],
    [high, []],
  ])
  #dials = 0

  get isUnderWay(): boolean {
    return [...this.#toward.values()].some(queue => queue.length > 0)
  }

  attemptOf(side: PeerId): Attempt | undefined {
    return this.#current.get(side)
  }

  perform(step: string): void {
    const side = step.endsWith('A') ? low : high
    if (step.startsWith('dial')) this.#dial(side)
    else this.#arrive(side)
  }

  #dial(side: PeerId): void {
    if (this.#current.has(side)) return // one attempt per peer
    const id = `${side}${++this.#dials}`
    this.#current.set(side, { id, role: 'offerer', session: early, isOpen: false })
    this.#send(other(side), { kind: 'offer', attempt: id })
  }

  #arrive(side: PeerId): void {
    const signal = this.#toward.get(side)?.shift()
    if (!signal) return
    const current = this.#current.get(side)
    if (signal.kind === 'answer') {
      if (current?.id === signal.attempt) this.#current.set(side, { ...current, isOpen: true })
      return
    }
    const offer = { attempt: signal.attempt, session: early }
    if (judgeOffer(side, other(side), offer, current) === 'ignore') return
    this.#current.set(side, { id: signal.attempt, role: 'answerer', session: early, isOpen: true })
    this.#send(other(side), { kind: 'answer', attempt: signal.attempt })
  }

  #send(to: PeerId, signal: Signal): void {
    this.#toward.get(to)?.push(signal)
  }
}

function other(side: PeerId): PeerId {
  return side === low ? high : low
}
