/** Who should vote: what Autopilot plans for rooms as a leader sees them. */
import { describe, expect, test } from 'vitest'
import { autopilotState, type Plan, type Seen } from '../../../src/consensus/decisions/autopilot/state.ts'
import { step } from '../../../src/consensus/decisions/autopilot/step.ts'
import { changeMembership, isJoint } from '../../../src/consensus/raft/confchange.ts'
import type { MemberId, Membership } from '../../../src/consensus/raft/messages.ts'

const ids = (text: string) => (text === '' ? [] : text.split(' ')) as MemberId[]

/** A room whose leader is `a`; members live at hosts of their own, on devices of their own, unless told. */
class Room {
  nowMs = 0
  membership: Membership
  readonly state = autopilotState()
  readonly members = new Map<string, Partial<Seen>>()
  plans: Plan[] = []

  constructor(voters: string, learners = '') {
    const none = { outgoing: [], learnersNext: [], autoLeave: false }
    this.membership = { voters: ids(voters), learners: ids(learners), ...none }
    for (const member of [...ids(voters), ...ids(learners)]) this.members.set(member, {})
  }

  set(members: string, seen: Partial<Seen>): this {
    for (const member of ids(members)) this.members.set(member, { ...this.members.get(member), ...seen })
    return this
  }

  look(): Plan | undefined {
    const seen = [...this.members].map(
      ([member, one]): Seen => ({
        member: member as MemberId,
        host: `host ${member}`,
        device: `device ${member}`,
        isLive: true,
        isCaughtUp: true,
        isLeaving: false,
        ...one,
      }),
    )
    return step(this.state, { nowMs: this.nowMs, self: 'a' as MemberId, membership: this.membership, seen })
  }

  /** Time passes, and what is planned is committed. Never a change that a leader would refuse, never more than the rules allow. */
  pass(ms: number): this {
    for (const untilMs = this.nowMs + ms; this.nowMs < untilMs; this.nowMs += 500) {
      const plan = this.look()
      if (!plan) continue
      this.plans.push(plan)
      const before = this.membership.voters
      const next = changeMembership(this.membership, plan.change)
      if (typeof next === 'string') throw new Error(`${plan.why}: ${next}`)
      const settled = isJoint(next) ? changeMembership(next, { kind: 'leave-joint' }) : next
      if (typeof settled === 'string') throw new Error(settled)
      this.membership = settled
      const removed = before.filter(voter => !settled.voters.includes(voter)).length
      expect(removed, plan.why).toBeLessThanOrEqual(Math.max(1, Math.floor((before.length - 1) / 2)))
      for (const member of this.members.keys()) {
        const isKnown = [...settled.voters, ...settled.learners].includes(member as MemberId)
        if (!isKnown && this.members.get(member)?.isLive === false) this.members.delete(member)
      }
    }
    return this
  }

  get voters(): string {
    return this.membership.voters.join(' ')
  }

  get learners(): string {
    return this.membership.learners.join(' ')
  }
}

const gone = { isLive: false, host: undefined, device: undefined, isCaughtUp: false }

describe('Autopilot', () => {
  test('adds strangers as learners, as many as there is room for', () => {
    const room = new Room('a').set('b c d e f g h i j k', { isCaughtUp: false }).pass(500)
    expect(room.learners).toBe('b c d e f g h i')
  })

  test('goes from one voter to three as soon as two learners have the log, never by two', () => {
    const room = new Room('a', 'b c').set('c', { isCaughtUp: false }).pass(5_000)
    expect(room.voters).toBe('a')
    room.set('c', { isCaughtUp: true }).pass(500)
    expect(room.voters).toBe('a b c')
  })

  test('goes beyond three only after ten seconds of good health', () => {
    const room = new Room('a', 'b c d e').pass(9_000)
    expect(room.voters).toBe('a b c')
    room.set('d', gone).pass(500).set('d', { isLive: true, host: 'host d', device: 'device d', isCaughtUp: true })
    room.pass(9_000)
    expect(room.voters).toBe('a b c')
    room.pass(2_500)
    expect(room.voters).toBe('a b c d e')
  })

  test('leaves a voter in office that is away for less than a minute', () => {
    const room = new Room('a b c', 'd').pass(20_000).set('b', gone).pass(59_000)
    expect(room.voters).toBe('a b c')
  })

  test('replaces a voter that is gone for a minute by a healthy learner', () => {
    const room = new Room('a b c', 'd').pass(20_000).set('b', gone).pass(62_000)
    expect(room.voters).toBe('a c d')
    expect(room.learners).toBe('')
  })

  test('shrinks from five to three when two are gone and nobody can take their places', () => {
    expect(new Room('a b c d e').set('d e', gone).pass(62_000).voters).toBe('a b c')
  })

  test('comes from three to one when two are gone, without asking those that are gone', () => {
    const room = new Room('a b c').set('c', gone).pass(62_000)
    expect(room.voters).toBe('a')
    expect(room.learners).toBe('b')
  })

  test('does nothing while a joint membership is in force', () => {
    const room = new Room('a b c', 'd e')
    room.membership = { ...room.membership, outgoing: ids('a'), autoLeave: true }
    expect(room.look()).toBeUndefined()
  })

  test('counts the members of one host once, and retires those that are too many after a minute', () => {
    const room = new Room('a b c d e').set('a b c d e', { host: 'the last tab', device: 'one' })
    room.pass(59_000)
    expect(room.voters).toBe('a b c d e')
    room.pass(5_000)
    expect([room.voters, room.learners]).toEqual(['a', ''])
  })

  test('gives the seat of a voter that is one too many at its host to another host’s healthy learner, without the minute', () => {
    const room = new Room('a b c d e', 'f').set('a e', { host: 'one tab' }).pass(9_000)
    expect(room.voters).toBe('a b c d e')
    room.pass(5_000)
    expect([room.voters, room.learners]).toEqual(['a b c d f', ''])
  })

  test('keeps a member that was handed to a new tab in time', () => {
    const room = new Room('a b c').set('a b c', { host: 'one tab' }).pass(30_000)
    room.set('b', { host: 'another' }).set('c', { host: 'a third' }).pass(120_000)
    expect(room.voters).toBe('a b c')
  })

  test('spreads voters over devices before a device has two', () => {
    const room = new Room('a', 'b c d e').set('a b c', { device: 'laptop' }).set('d', { device: 'phone' })
    room.set('e', { device: 'tablet' }).pass(500)
    expect(room.voters).toBe('a d e')
  })

  test('moves a voter to another device once that has proved to be well, and then stays with it', () => {
    const room = new Room('a b c').set('a b c', { device: 'laptop' }).pass(20_000)
    room.set('d', { device: 'phone', isCaughtUp: true }).pass(5_000)
    expect(room.voters).toBe('a b c')
    room.pass(10_000)
    expect(room.voters).toBe('a b d')
    const plans = room.plans.length
    room.pass(300_000)
    expect(room.plans).toHaveLength(plans)
  })

  test('lets go who asks, and puts another in its place', () => {
    const room = new Room('a b c', 'd').pass(20_000).set('b', { isLeaving: true }).pass(1_000)
    expect(room.voters).toBe('a c d')
    expect(room.learners).toBe('')
  })

  test('hands a lone voter’s seat to the other one when it leaves', () => {
    const room = new Room('a', 'b').pass(1_000).set('a', { isLeaving: true }).pass(1_000)
    expect(room.voters).toBe('b')
  })

  test('keeps the last voter, whatever it asks for', () => {
    expect(new Room('a').set('a', { isLeaving: true }).pass(120_000).voters).toBe('a')
  })

  test('removes a learner that is gone for a minute', () => {
    expect(new Room('a b c', 'd').set('d', gone).pass(62_000).learners).toBe('')
  })

  test.each(Array.from({ length: 40 }, (_, seed) => seed))(
    'comes to rest in any room that stops changing (seed %i)',
    seed => {
      let state = seed * 7919 + 1
      const chance = (below: number) => {
        state = (state * 48_271) % 2_147_483_647
        return state % below
      }
      const all = 'a b c d e f g h'.split(' ').slice(0, 1 + chance(8))
      const room = new Room('a', all.slice(1).join(' '))
      for (let turn = 0; turn < 12; turn++) {
        const member = all[chance(all.length)] as string
        const host = `host ${all[chance(all.length)]}`
        if (member === 'a') continue
        room.set(member, chance(3) === 0 ? gone : { isLive: true, isCaughtUp: true, host, device: `d${chance(3)}` })
        room.pass(chance(40_000))
      }
      room.pass(200_000)
      const plans = room.plans.length
      room.pass(200_000)
      expect(room.plans.length).toBe(plans)
      expect([1, 2, 3, 4, 5]).toContain(room.membership.voters.length)
      expect(room.membership.voters).toContain('a')
    },
  )
})
