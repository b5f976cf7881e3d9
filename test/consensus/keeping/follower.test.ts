/** What is kept, as peers know it: those that hold a copy of the register, and those that hear of it and ask. */
import { expect, test } from 'vitest'
import type { Decided, DecidedChange } from '../../../src/consensus/decisions/types.ts'
import { KeptFollower } from '../../../src/consensus/keeping/follower.ts'
import { hintIntervalMs, readIntervalMs } from '../../../src/consensus/keeping/limits.ts'
import { Turns } from '../../link/support/turns.ts'

/** One register, and peers around it; broadcasts come after a moment, or not at all. */
class Lab {
  readonly turns = new Turns(3)
  readonly cells = new Map<string, Decided>()
  readonly reads: string[] = []
  isLosing = false
  readonly #listeners = new Set<(payload: unknown) => void>()
  readonly #watchers = new Set<(change: DecidedChange) => void>()
  #version = 0

  set(key: string, value: unknown): void {
    const version = ++this.#version
    if (value === undefined) this.cells.delete(key)
    else this.cells.set(key, { key, value: value as never, version })
    for (const tell of this.#watchers) tell({ key, value: value as never, version })
  }

  peer(name: string, role: 'leading' | 'copy' | 'none') {
    const under = (prefix: string) => [...this.cells.values()].filter(({ key }) => key.startsWith(prefix))
    let changes = 0
    const follower = new KeptFollower({
      own: {
        isLeading: role === 'leading',
        here: prefix => (role === 'none' ? undefined : under(prefix)),
        list: async prefix => {
          this.reads.push(name)
          return under(prefix)
        },
        onChange: listener => {
          if (role !== 'none') this.#watchers.add(listener)
          return () => this.#watchers.delete(listener)
        },
      },
      mesh: {
        broadcast: async (_topic, payload) => {
          const copy: unknown = JSON.parse(JSON.stringify(payload))
          if (!this.isLosing) for (const hear of this.#listeners) this.turns.after(5, () => hear(copy))
        },
        subscribe: (_topic, listener) => {
          const hear = listener as (payload: unknown) => void
          this.#listeners.add(hear)
          return () => this.#listeners.delete(hear)
        },
      },
      clock: this.turns.clock,
      random: this.turns.random,
      onChange: () => {
        changes++
      },
    })
    return { follower, changes: () => changes }
  }

  async pass(ms: number): Promise<void> {
    await this.turns.run(this.turns.clock.monotonicMs() + ms)
  }

  hear(payload: unknown): void {
    for (const hear of this.#listeners) hear(payload)
  }
}

const agent = { name: 'x', type: 'worker', capabilities: [], sinceMs: 1 }

test('who has no copy reads once at the beginning, and again when a hint says that there is something new', async () => {
  const lab = new Lab()
  lab.set('tabmesh/settings/gossip', { fanout: 4 })
  const leader = lab.peer('leader', 'leading')
  const other = lab.peer('other', 'none')
  await lab.pass(20_000)
  expect([leader, other].map(({ follower }) => follower.settings)).toEqual(Array(2).fill({ gossip: { fanout: 4 } }))
  expect(lab.reads).toHaveLength(3) // three prefixes, as one request
  await lab.pass(10 * hintIntervalMs)
  expect(lab.reads).toHaveLength(3)
  lab.set('tabmesh/agents/x', agent)
  lab.set('tabmesh/settings/gossip', { fanout: 5 })
  lab.set('tabmesh/memory/["a","b"]', 1) // none of its concern
  await lab.pass(readIntervalMs + 2_500)
  expect(other.follower.settings).toEqual({ gossip: { fanout: 5 } })
  expect(other.follower.kept.agents).toHaveLength(1)
  expect(lab.reads).toHaveLength(6)
  expect([leader.changes(), other.changes()]).toEqual([2, 2])
})

test('a hint that was lost is made up for by the next one, a deletion too', async () => {
  const lab = new Lab()
  lab.set('tabmesh/agents/x', agent)
  lab.peer('leader', 'leading')
  const other = lab.peer('other', 'none')
  await lab.pass(20_000)
  lab.isLosing = true
  lab.set('tabmesh/agents/x', undefined)
  await lab.pass(20_000)
  expect(other.follower.kept.agents).toHaveLength(1)
  lab.isLosing = false
  await lab.pass(hintIntervalMs + 3_000)
  expect(other.follower.kept.agents).toEqual([])
})

test('hints as fast as they can come make nobody read more often than is good for the leader', async () => {
  const lab = new Lab()
  lab.peer('leader', 'leading')
  lab.peer('other', 'none')
  for (let step = 0; step < 300; step++) {
    lab.set('tabmesh/settings/gossip', { fanout: 1 + (step % 9) })
    lab.hear({ version: step, keys: 1 })
    lab.hear({ nonsense: true })
    await lab.pass(200)
  }
  expect(lab.reads.length / 3).toBeLessThanOrEqual(60_000 / readIntervalMs + 1)
  expect(lab.reads.length / 3).toBeGreaterThan(5)
})

test('whoever holds a copy asks nobody', async () => {
  const lab = new Lab()
  lab.peer('leader', 'leading')
  const copy = lab.peer('copy', 'copy')
  lab.set('tabmesh/settings/timing', { preset: 'lab' })
  await lab.pass(1_000)
  expect(copy.follower.settings).toEqual({ timing: { preset: 'lab' } })
  await lab.pass(hintIntervalMs)
  expect(lab.reads).toEqual([])
})
