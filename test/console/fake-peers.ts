/** Believable others: names, devices, a small-world overlay, round trips that wander. */
import type { PeerId, SessionId } from '../../src/base/ids.ts'
import { integerBelow, type Random } from '../../src/base/random.ts'
import type { LinkKind, PeerInfo } from '../../src/mesh/types.ts'

const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const adjectives = [
  'Brisk',
  'Calm',
  'Deft',
  'Amber',
  'Lucky',
  'Quiet',
  'Sunny',
  'Nimble',
  'Bold',
  'Gentle',
  'Swift',
  'Witty',
]
const animals = [
  'Otter',
  'Heron',
  'Lynx',
  'Finch',
  'Badger',
  'Marten',
  'Ibex',
  'Wren',
  'Seal',
  'Falcon',
  'Hare',
  'Newt',
]
const devices = [
  'Chromium 156 on Linux',
  'Firefox 153 on Linux',
  'Chrome 156 on Windows',
  'Safari 19 on macOS',
  'Node 20',
]

/** mulberry32: small, and the same world for the same seed. */
export function seeded(seed: number): Random {
  let state = seed
  return {
    next() {
      state = (state + 0x6d2b79f5) | 0
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    },
  }
}

export function fakeId(random: Random): PeerId {
  const tail = Array.from({ length: 44 }, () => base58[integerBelow(random, base58.length)]).join('')
  return `12D3KooW${tail}` as PeerId
}

export function fakePeer(random: Random, index: number, atMs: number): PeerInfo {
  const device = index % 3 === 0 ? 0 : integerBelow(random, devices.length)
  return {
    id: fakeId(random),
    session: `${atMs.toString(36)}-${index}` as SessionId,
    name: `${adjectives[(index * 5 + 3) % 12]} ${animals[(index * 7 + 2 + Math.floor(index / 12)) % 12]}`,
    device: devices[device] ?? 'Node 20',
    browser: `browser-${device}`,
    capabilities: ['source.run', 'text.count-words', 'text.grep'],
    load: { slots: 2, busy: 0 },
    links: [],
    state: 'alive',
    link: 'webrtc',
    rttMs: 0.8 + random.next() * 3,
    joinedAtMs: atMs - 90_000 + index * 600,
  }
}

type Wire = { readonly a: number; readonly b: number; readonly kind: LinkKind; rttMs: number }

/** A ring with chords, at most eight links each; index 0 is this tab. Up to nine tabs it is a full mesh. */
export function overlay(random: Random, tabs: number): Wire[] {
  const wires: Wire[] = []
  const degree = new Map<number, number>()
  const add = (a: number, b: number) => {
    const isThere = wires.some(wire => (wire.a === a && wire.b === b) || (wire.a === b && wire.b === a))
    const isFull = (degree.get(a) ?? 0) >= 8 || (degree.get(b) ?? 0) >= 8
    if (a === b || isThere || isFull) return
    const kind: LinkKind = random.next() < 0.15 ? 'broadcast' : 'webrtc'
    wires.push({ a, b, kind, rttMs: kind === 'broadcast' ? 0.6 : 0.9 + random.next() * (a % 4 === 3 ? 38 : 4) })
    degree.set(a, (degree.get(a) ?? 0) + 1)
    degree.set(b, (degree.get(b) ?? 0) + 1)
  }
  if (tabs <= 9) for (let a = 0; a < tabs; a++) for (let b = a + 1; b < tabs; b++) add(a, b)
  else {
    for (let a = 0; a < tabs; a++) add(a, (a + 1) % tabs)
    for (let extra = 0; extra < tabs * 2; extra++) add(integerBelow(random, tabs), integerBelow(random, tabs))
  }
  return wires
}
