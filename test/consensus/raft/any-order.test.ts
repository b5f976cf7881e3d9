/**
 * Whatever the order in which messages, ticks, writes and crashes come: at most one leader in a term (Figure 3, election safety),
 * and no two state machines that were given different entries at one index (state machine safety).
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as core from '../../../src/consensus/raft/index.ts'
import type { Entry, MemberChange } from '../../../src/consensus/raft/messages.ts'
import { loadMutant, type RaftModule } from '../../../src/simulator/raft/load-mutant.ts'
import type { Member } from './support/member.ts'
import { id, Room } from './support/room.ts'

/** A test's patience, ms, on a machine that is busy with others. */
const WAIT_MS = 60_000
const names = ['a', 'b', 'c', 'd'] as const // d joins

/** How often each happens, relatively. Mostly calm, or nobody would ever be elected. */
const weights = {
  calm: 24, // everything on its way arrives, every write is done
  deliver: 24,
  write: 12,
  propose: 12,
  tick: 6,
  campaign: 5,
  duplicate: 4,
  change: 4,
  lose: 3,
  revive: 3,
  read: 2,
  transfer: 2,
  crash: 1,
} as const
type Kind = keyof typeof weights
type Event = { readonly kind: Kind; readonly which: number; readonly place: number }

const kinds = Object.entries(weights).flatMap(([kind, weight]) => Array.from({ length: weight }, () => kind as Kind))
const event = fc.record({ kind: fc.constantFrom(...kinds), which: fc.nat(3), place: fc.nat(1_000) })
const schedules = fc.array(event, { minLength: 60, maxLength: 300, size: 'max' })

/** A room that does what it is told, and remembers who led when and who was given what. */
class Story {
  readonly room: Room
  readonly leaders = new Map<number, string>()
  readonly given = new Map<number, Entry>()
  readonly lives = new Set<Member>()
  commands = 0

  constructor(module: RaftModule, options: { readonly preVote: boolean }) {
    const limits = { snapshotAfterEntries: 6, trailingEntries: 2, inflightMessagesMax: 2, promotionLagEntries: 3 }
    const checkQuorum = options.preVote
    this.room = new Room(module, ['a', 'b', 'c'], {
      ...options,
      checkQuorum,
      limits,
      joiners: ['d'],
      slowDisks: [...names],
    })
  }

  happen({ kind, which, place }: Event): void {
    const { room } = this
    const member = room.of(names[which] as string)
    if (kind === 'deliver' || kind === 'duplicate' || kind === 'lose') return this.#wire(kind, place)
    if (kind === 'calm') return this.#calm()
    if (kind === 'revive' || kind === 'crash') {
      if (!member.isDown) member.crash()
      if (kind === 'revive') member.revive(place / 1_001)
    }
    if (member.isDown) return
    if (kind === 'write') member.finishWrite()
    if (kind === 'tick') room.step(member.id, { kind: 'tick', ticks: 1 + (place % 20) })
    if (kind === 'campaign') room.step(member.id, { kind: 'campaign' })
    if (kind === 'propose') member.propose(`${++this.commands}`)
    if (kind === 'read') room.step(member.id, { kind: 'read', id: place })
    if (kind === 'transfer') room.step(member.id, { kind: 'transfer', target: id(names[place % 4] as string) })
    if (kind === 'change')
      member.change({ set: sets[place % 3] as MemberChange['set'], member: id(names[(place >> 2) % 4] as string) })
  }

  #calm(): void {
    this.room.deliver()
    for (const member of this.room.members.values()) member.finishWrite()
  }

  #wire(kind: 'deliver' | 'duplicate' | 'lose', place: number): void {
    const { wires } = this.room
    const at = place % Math.max(1, wires.length)
    const wire = wires[at]
    if (wire === undefined) return
    if (kind !== 'duplicate') wires.splice(at, 1)
    if (kind !== 'lose') this.room.hand(wire)
  }

  check(): void {
    for (const member of this.room.members.values()) this.lives.add(member)
    for (const member of this.lives) {
      for (const effect of member.effects.splice(0)) {
        if (effect.kind === 'role' && effect.role === 'leader') {
          expect(this.leaders.get(effect.term) ?? member.id, `leaders of term ${effect.term}`).toBe(member.id)
          this.leaders.set(effect.term, member.id)
        }
        if (effect.kind !== 'apply') continue
        for (const entry of effect.entries) {
          expect(entry, `entry ${entry.index}`).toEqual(this.given.get(entry.index) ?? entry)
          this.given.set(entry.index, entry)
        }
      }
    }
  }
}

const sets: readonly MemberChange['set'][] = ['voter', 'learner', 'removed']

interface Tally {
  leaders: number
  given: number
}

/** Runs schedules until one breaks a promise; throws what it broke. */
function run(module: RaftModule, preVote: boolean, numRuns: number): Tally {
  const tally = { leaders: 0, given: 0 }
  const tell = (events: readonly Event[]) => {
    const story = new Story(module, { preVote })
    for (const event of events) {
      story.happen(event)
      story.check()
    }
    tally.leaders += story.leaders.size
    tally.given += story.given.size
  }
  fc.assert(fc.property(schedules, tell), { numRuns, seed: 7, endOnFailure: true, includeErrorInReport: true })
  return tally
}

describe('any order of anything', () => {
  test.each([true, false])(
    'elects one leader per term and gives everybody the same entries (pre-vote %s)',
    preVote => {
      const { leaders, given } = run(core, preVote, 300)
      // The schedules are not so wild that nothing ever happens.
      expect(leaders).toBeGreaterThan(100)
      expect(given).toBeGreaterThan(300)
    },
    WAIT_MS,
  )

  test.each([
    ['votes twice in a term', 'election.ts', 'core.votedFor === from || isFree', 'core.leader === undefined'],
    [
      'grants before it is durable',
      'election.ts',
      "promise(core, from, { kind: 'vote-reply'",
      "send(core, from, { kind: 'vote-reply'",
    ],
    [
      'acknowledges before it is durable',
      'follower.ts',
      "promise(core, from, { kind: 'append-ok'",
      "send(core, from, { kind: 'append-ok'",
    ],
    ['forgets its vote', 'core.ts', 'votedFor: hard.votedFor,', 'votedFor: undefined,'],
  ])(
    'notices a member that %s',
    async (broken, file, find, replace) => {
      const mutant = await loadMutant({ name: broken, file, find, replace })
      expect(() => run(mutant, false, 2_000)).toThrow(/leaders of term|entry \d+|InvariantError/)
    },
    WAIT_MS,
  )
})
