/** The rules of anti-entropy, one by one: who asks whom, and when. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { PeerId } from '../../../src/base/ids.ts'
import { documentsMax, pullPatienceMs, pullRetryMs, pullsMax, settleMs } from '../../../src/crdt/limits.ts'
import { convergenceOf, initialSync, type SyncSettings, type SyncState } from '../../../src/crdt/sync/state.ts'
import { dueAtMs, type Effect, type Input, markTold, step } from '../../../src/crdt/sync/step.ts'
import { Sfc32 } from '../../../src/simulator/world/random.ts'

const settings: SyncSettings = {
  interval: 2_000,
  fanout: 3,
  antiEntropy: true,
  antiEntropyInterval: 10_000,
  convergenceThreshold: 0.75,
}
const [ada, bob, cyd, dan] = ['ada', 'bob', 'cyd', 'dan'] as PeerId[] as [PeerId, PeerId, PeerId, PeerId]
const name = 'doc/notes'
const random = new Sfc32(1, 'test')
let state: SyncState

beforeEach(() => {
  state = initialSync(settings, 0)
  run({ kind: 'opened', name, nowMs: 0 })
  measured('mine')
})

function run(input: Input): Effect[] {
  const effects = step(state, input)
  for (const effect of effects)
    if (effect.kind === 'tell')
      markTold(state, new Map(effect.names.map(name => [name, state.replicas.get(name)?.digest ?? ''])))
  return effects
}
const kinds = (effects: Effect[]) => effects.map(effect => effect.kind)
const measured = (digest: string, nowMs = 0) => run({ kind: 'measured', name, digest, nowMs })
const tick = (nowMs: number) => run({ kind: 'tick', nowMs, random })
const changed = (nowMs: number, isLarge = false) => run({ kind: 'changed', name, nowMs, isLarge })
const join = (...peers: PeerId[]) => peers.flatMap(peer => run({ kind: 'joined', peer }))
const told = (peer: PeerId, digest: string, { isUrgent = false, nowMs = 0 } = {}) =>
  run({ kind: 'told', peer, digests: new Map([[name, digest]]), isUrgent, nowMs })
const pulled = (peer: PeerId, isAnswered: boolean, nowMs = 0) => run({ kind: 'pulled', peer, name, isAnswered, nowMs })

describe('what is told', () => {
  test('measures a replica when it has been at rest, not while somebody types', () => {
    changed(5_000)
    changed(5_200)
    expect(kinds(tick(5_000 + settleMs))).not.toContain('measure')
    expect(kinds(tick(5_200 + settleMs))).toContain('measure')
  })

  test('tells a digest that is new once, and at most every interval', () => {
    expect(tick(100)).toContainEqual({ kind: 'tell', names: [name], isUrgent: false })
    expect(tick(5_000)).toEqual([])
    changed(5_100)
    measured('other')
    expect(kinds(tick(5_200))).toEqual(['tell'])
    changed(5_300)
    measured('third')
    expect(tick(7_100)).toEqual([])
    expect(kinds(tick(7_200))).toEqual(['tell'])
  })

  test('tells less often where there are many to hear it', () => {
    tick(100)
    for (let peer = 0; peer < 100; peer++) join(`peer ${peer}` as PeerId)
    measured('other')
    expect(kinds(tick(4_000))).not.toContain('tell')
    expect(kinds(tick(5_200))).toContain('tell')
  })

  test('tells of a change too large to broadcast at once, at rest or not', () => {
    tick(100)
    expect(changed(200, true)).toEqual([
      { kind: 'measure', name },
      { kind: 'tell', names: [name], isUrgent: true },
    ])
  })
})

describe('what is asked for', () => {
  test('asks whoever has another digest', () => {
    join(ada)
    expect(told(ada, 'theirs')).toEqual([{ kind: 'pull', peer: ada, name }])
    expect(told(ada, 'mine')).toEqual([])
  })

  test('waits until it is at rest itself, then asks', () => {
    join(ada)
    changed(1_000)
    expect(told(ada, 'theirs', { nowMs: 1_100 })).toEqual([])
    expect(measured('mine too', 2_000)).toEqual([{ kind: 'pull', peer: ada, name }])
  })

  test('asks at once where it is urgent', () => {
    join(ada)
    changed(1_000)
    expect(kinds(told(ada, 'theirs', { isUrgent: true, nowMs: 1_100 }))).toEqual(['pull'])
  })

  test('asks one of many that hold the same, and one for each of two that differ', () => {
    join(ada, bob, cyd, dan)
    expect(kinds(told(ada, 'x'))).toEqual(['pull'])
    expect(told(bob, 'x')).toEqual([])
    expect(kinds(told(cyd, 'y'))).toEqual(['pull'])
    expect(told(dan, 'z')).toEqual([])
    expect(pulled(ada, true)).toEqual([{ kind: 'pull', peer: dan, name }])
  })

  test('never asks for what it merged, or what it held itself before', () => {
    join(ada, bob)
    told(ada, 'theirs')
    pulled(ada, true)
    measured('both')
    expect(told(bob, 'theirs', { isUrgent: true })).toEqual([])
    expect(told(bob, 'mine', { isUrgent: true })).toEqual([])
    expect(kinds(told(bob, 'news', { isUrgent: true }))).toEqual(['pull'])
  })

  test('asks another when one does not answer, and that one again after a while', () => {
    join(ada, bob)
    told(ada, 'theirs')
    told(bob, 'theirs')
    expect(pulled(ada, false, 100)).toEqual([{ kind: 'pull', peer: bob, name }])
    pulled(bob, false, 200)
    expect(kinds(tick(1_100 + pullRetryMs))).toContain('pull')
  })

  test('a question of which nothing is heard bars no other one, up to a limit', () => {
    const peers = Array.from({ length: pullsMax + 2 }, (_, at) => `peer ${at}` as PeerId)
    join(...peers)
    tick(0)
    for (const peer of peers) told(peer, 'theirs')
    const asked = [0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap(times => tick(times * pullPatienceMs))
    expect(asked.filter(({ kind }) => kind === 'pull')).toEqual(
      peers.slice(1, pullsMax).map(peer => ({ kind: 'pull', peer, name })),
    )
  })

  test('an answer that comes in parts is waited for', () => {
    join(ada, bob)
    told(ada, 'theirs')
    told(bob, 'theirs')
    const progressed = (nowMs: number) => run({ kind: 'progressed', peer: ada, name, nowMs })
    for (let nowMs = 0; nowMs < 10_000; nowMs += pullPatienceMs - 1) {
      progressed(nowMs)
      expect(kinds(tick(nowMs + pullPatienceMs - 1))).not.toContain('pull')
    }
    expect(tick(12_000)).toContainEqual({ kind: 'pull', peer: bob, name })
  })

  test('forgets whoever left', () => {
    join(ada)
    told(ada, 'theirs')
    run({ kind: 'left', peer: ada })
    expect(convergenceOf(state, name).peers).toBe(0)
    expect(told(ada, 'theirs')).toEqual([])
    expect(pulled(ada, false)).toEqual([])
  })
})

describe('rounds', () => {
  const roundsAt = (times: number[]) => times.filter(nowMs => kinds(tick(nowMs)).includes('exchange'))

  test('compares with `fanout` peers each round, and not where that is switched off', () => {
    join(ada, bob, cyd, dan)
    tick(100)
    expect(tick(9_999)).toEqual([])
    const effects = tick(10_000)
    expect(kinds(effects)).toEqual(['exchange', 'exchange', 'exchange'])
    expect(new Set(effects.map(effect => 'peer' in effect && effect.peer)).size).toBe(3)
    run({ kind: 'configured', settings: { ...settings, antiEntropy: false } })
    expect(tick(60_000)).toEqual([])
  })

  test('whoever meets a silent peer again makes three rounds at once, a second apart, and goes on as before', () => {
    join(ada, bob, cyd, dan)
    tick(100)
    run({ kind: 'reunited', peer: ada, nowMs: 150 })
    expect(roundsAt([200, 300, 1_199, 1_200])).toEqual([200, 1_200])
    run({ kind: 'healed' }) // the three begin again, at the same pace
    expect(roundsAt([1_300, 2_199, 2_200, 3_200, 4_200, 5_200, 14_199, 14_200])).toEqual([2_200, 3_200, 4_200, 14_200])
  })

  test('peers that are silent and heard again all the time hurry the rounds once in an interval', () => {
    join(ada, bob, cyd, dan)
    for (let nowMs = 200; nowMs < 10_000; nowMs += 100) {
      run({ kind: 'reunited', peer: ada, nowMs })
      if (roundsAt([nowMs]).length > 0) expect([200, 1_200, 2_200]).toContain(nowMs)
    }
    expect(roundsAt([12_100, 12_200])).toEqual([12_200])
    run({ kind: 'reunited', peer: ada, nowMs: 12_300 })
    expect(roundsAt([12_400])).toEqual([12_400])
  })

  test('compares at once with those that it meets again, `fanout` of them in an interval', () => {
    join(ada, bob, cyd, dan)
    tick(100)
    const meet = (peer: PeerId, nowMs: number) => run({ kind: 'reunited', peer, nowMs })
    expect(meet(ada, 150)).toEqual([{ kind: 'exchange', peer: ada }])
    expect(meet('eve' as PeerId, 160)).toEqual([]) // not listed yet
    expect(kinds([...meet(bob, 170), ...meet(cyd, 180)])).toEqual(['exchange', 'exchange'])
    expect(meet(dan, 190)).toEqual([])
    expect(meet(dan, 10_150)).toEqual([{ kind: 'exchange', peer: dan }])
  })

  test('a tick that comes before it is due does nothing', () => {
    join(ada, bob, cyd)
    tick(0)
    run({ kind: 'changed', name, nowMs: 1_000, isLarge: false })
    run({ kind: 'reunited', peer: ada, nowMs: 1_100 })
    let done = 0
    for (let nowMs = 1_100; nowMs < 30_000; nowMs += 50) {
      const isDue = dueAtMs(state) <= nowMs
      const effects = tick(nowMs)
      expect(effects.length > 0, `at ${nowMs}`).toBe(isDue)
      if (effects.some(({ kind }) => kind === 'measure')) measured('other')
      done += effects.length
    }
    expect(done).toBeGreaterThan(10)
  })

  test('compares with a peer to which a link opens, and of many who are there with the first few', () => {
    expect(kinds(join(ada, bob, cyd, dan))).toEqual(['exchange', 'exchange', 'exchange'])
    expect(run({ kind: 'linked', peer: dan })).toEqual([{ kind: 'exchange', peer: dan }])
  })
})

describe('what is known', () => {
  test('counts who holds the same, by the threshold', () => {
    join(ada, bob, cyd, dan)
    for (const peer of [ada, bob]) told(peer, 'mine')
    expect(convergenceOf(state, name)).toEqual({ inSync: 2, peers: 4, isConverged: false })
    told(cyd, 'mine')
    expect(convergenceOf(state, name)).toEqual({ inSync: 3, peers: 4, isConverged: true })
  })

  test('knows nothing of a state that is not measured yet', () => {
    join(ada)
    told(ada, 'mine')
    changed(100)
    expect(convergenceOf(state, name)).toEqual({ inSync: 0, peers: 1, isConverged: false })
  })

  test('adopts what others hold, up to so many documents', () => {
    join(ada)
    const many = new Map(Array.from({ length: documentsMax + 5 }, (_, at) => [`doc/${at}`, 'x']))
    const effects = run({ kind: 'told', peer: ada, digests: many, isUrgent: false, nowMs: 0 })
    expect(effects.filter(effect => effect.kind === 'adopt')).toHaveLength(documentsMax - 1)
  })
})
