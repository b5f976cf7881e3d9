/** Effectively-once commands, entry by entry (sessions.ts; dissertation 6.3). */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NEW_SESSION, NO_SESSION, sessionMachine } from '../../../src/consensus/raft/index.ts'
import type { Entry } from '../../../src/consensus/raft/messages.ts'

function journal(limits = { sessionsMax: 3, sessionIdleMs: 100 }) {
  let executed: unknown[] = []
  const inner = {
    execute: (payload: unknown) => executed.push(payload),
    save: () => [...executed],
    load: (data: unknown) => {
      executed = [...((data as unknown[] | null) ?? [])]
    },
  }
  return { machine: sessionMachine(inner, limits), executed: () => executed }
}

const command = (
  index: number,
  session: string,
  sequence: number,
  timeMs = 0,
  payload: unknown = `${session}.${sequence}`,
): Entry => {
  return { kind: 'command', index, term: 1, timeMs, bytes: 1, session, sequence, payload }
}
const register = (index: number, timeMs = 0) => command(index, NEW_SESSION, 0, timeMs)

describe('a session', () => {
  test('has the index of its registration for a name, so that a late duplicate makes another', () => {
    const { machine, executed } = journal()
    expect(machine.apply(register(5))).toEqual({ kind: 'registered', session: '5' })
    expect(machine.apply(register(8))).toEqual({ kind: 'registered', session: '8' })
    expect([machine.sessionCount, executed()]).toEqual([2, []])
  })

  test('executes each command once, and answers a repetition as it did the first time', () => {
    const { machine, executed } = journal()
    machine.apply(register(2))
    expect(machine.apply(command(3, '2', 1))).toEqual({ kind: 'executed', result: 1 })
    expect(machine.apply(command(4, '2', 1))).toEqual({ kind: 'repeated', result: 1 })
    expect(machine.apply(command(5, '2', 2))).toEqual({ kind: 'executed', result: 2 })
    expect(machine.apply(command(6, '2', 1))).toEqual({ kind: 'superseded' })
    expect(machine.apply(command(7, '2', 2))).toEqual({ kind: 'repeated', result: 2 })
    expect(executed()).toEqual(['2.1', '2.2'])
  })

  test('that never was, executes nothing', () => {
    const { machine, executed } = journal()
    expect(machine.apply(command(3, '2', 1))).toEqual({ kind: 'expired' })
    expect(executed()).toEqual([])
  })

  test('is not needed by who does not mind repetitions', () => {
    const { machine, executed } = journal()
    machine.apply(command(2, NO_SESSION, 0, 0, 'x'))
    machine.apply(command(3, NO_SESSION, 0, 0, 'x'))
    expect(executed()).toEqual(['x', 'x'])
  })
})

describe('a session ends', () => {
  test('after idle logical time, at whatever entry tells it', () => {
    const { machine } = journal()
    machine.apply(register(2, 0))
    machine.apply(register(3, 50))
    machine.apply({ kind: 'noop', index: 4, term: 1, timeMs: 100, bytes: 0 })
    expect(machine.sessionCount).toBe(2)
    expect(machine.apply({ kind: 'noop', index: 5, term: 1, timeMs: 101, bytes: 0 })).toBeUndefined()
    expect(machine.sessionCount).toBe(1)
    expect(machine.apply(command(6, '2', 1, 101))).toEqual({ kind: 'expired' })
  })

  test('not as long as it is used, and a repetition is a use', () => {
    const { machine } = journal()
    machine.apply(register(2, 0))
    for (let at = 1; at <= 5; at++) expect(machine.apply(command(2 + at, '2', 1, at * 90))?.kind).not.toBe('expired')
  })

  test('when there are too many: the one unused longest', () => {
    const { machine } = journal()
    for (const index of [2, 3, 4]) machine.apply(register(index))
    machine.apply(command(5, '2', 1))
    machine.apply(register(6))
    expect(machine.sessionCount).toBe(3)
    expect(machine.apply(command(7, '3', 1))).toEqual({ kind: 'expired' })
    expect(machine.apply(command(8, '2', 2))?.kind).toBe('executed')
  })

  test('at the same entry with and without a snapshot between, whatever the log', () => {
    const input = fc.record({
      session: fc.constantFrom(NEW_SESSION, '1', '2', '3', '4', NO_SESSION),
      sequence: fc.integer({ min: 1, max: 4 }),
      later: fc.constantFrom(0, 10, 60, 101),
    })
    fc.assert(
      fc.property(fc.array(input, { maxLength: 40 }), fc.nat(40), (inputs, cut) => {
        let timeMs = 0
        const log = inputs.map(({ session, sequence, later }, at) => {
          timeMs += later
          return command(at + 1, session, sequence, timeMs)
        })
        const whole = journal()
        const outcomes = log.map(entry => whole.machine.apply(entry))
        const before = journal()
        for (const entry of log.slice(0, cut)) before.machine.apply(entry)
        const after = journal()
        after.machine.load(structuredClone(before.machine.save()))
        expect(log.slice(cut).map(entry => after.machine.apply(entry))).toEqual(outcomes.slice(cut))
        expect(after.machine.save()).toEqual(whole.machine.save())
        const once = whole.executed().filter(payload => !String(payload).startsWith('.'))
        expect(new Set(once).size).toBe(once.length)
      }),
      { seed: 1 },
    )
  })
})

test('it refuses a saved state that is none', () => {
  const refusal = expect.objectContaining({ code: 'malformed' })
  for (const data of [{}, [], { nowMs: -1, sessions: [], inner: null }])
    expect(() => journal().machine.load(data)).toThrow(refusal)
})
