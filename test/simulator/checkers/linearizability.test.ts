import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from '../../../src/base/json.ts'
import { type HistoryEvent, type Operation, operationsOf } from '../../../src/simulator/checkers/history.ts'
import { checkLinearizable } from '../../../src/simulator/checkers/linearizability.ts'
import { illegal, type ModelState, registerModel } from '../../../src/simulator/checkers/models.ts'

type Line = readonly [process: number, type: HistoryEvent['type'], f: HistoryEvent['f'], value: Json, key?: string]

function history(lines: readonly Line[]): HistoryEvent[] {
  return lines.map(([process, type, f, value, key = 'k'], time) => ({ process, type, f, key, value, time }))
}

const verdictOn = (lines: readonly Line[]) => checkLinearizable(registerModel, operationsOf(history(lines)))

describe('a register history', () => {
  test.for<[string, boolean, Line[]]>([
    [
      'accepts a read of the initial value',
      true,
      [
        [0, 'invoke', 'read', null],
        [0, 'ok', 'read', null],
      ],
    ],
    [
      'refuses a read of what nobody wrote',
      false,
      [
        [0, 'invoke', 'read', null],
        [0, 'ok', 'read', 7],
      ],
    ],
    [
      'refuses a read that misses a write which ended before it began',
      false,
      [
        [0, 'invoke', 'write', 1],
        [0, 'ok', 'write', 1],
        [1, 'invoke', 'read', null],
        [1, 'ok', 'read', null],
      ],
    ],
    [
      'accepts either value of a read beside a write',
      true,
      [
        [0, 'invoke', 'write', 1],
        [1, 'invoke', 'read', null],
        [1, 'ok', 'read', null],
        [2, 'invoke', 'read', null],
        [2, 'ok', 'read', 1],
        [0, 'ok', 'write', 1],
      ],
    ],
    [
      'refuses a value that comes and goes again beside one write',
      false,
      [
        [0, 'invoke', 'write', 1],
        [1, 'invoke', 'read', null],
        [1, 'ok', 'read', 1],
        [2, 'invoke', 'read', null],
        [2, 'ok', 'read', null],
        [0, 'ok', 'write', 1],
      ],
    ],
    [
      'accepts a write of unknown outcome that is seen much later',
      true,
      [
        [0, 'invoke', 'write', 1],
        [0, 'info', 'write', 1],
        [1, 'invoke', 'read', null],
        [1, 'ok', 'read', null],
        [1, 'invoke', 'read', null],
        [1, 'ok', 'read', 1],
      ],
    ],
    [
      'accepts a write of unknown outcome that is never seen',
      true,
      [
        [0, 'invoke', 'write', 1],
        [0, 'info', 'write', 1],
        [1, 'invoke', 'read', null],
        [1, 'ok', 'read', null],
      ],
    ],
    [
      'refuses a write of unknown outcome that is seen twice with another between',
      false,
      [
        [0, 'invoke', 'write', 1],
        [0, 'info', 'write', 1],
        [1, 'invoke', 'read', null],
        [1, 'ok', 'read', 1],
        [1, 'invoke', 'write', 2],
        [1, 'ok', 'write', 2],
        [1, 'invoke', 'read', null],
        [1, 'ok', 'read', 1],
      ],
    ],
    [
      'refuses a read of a write that failed',
      false,
      [
        [0, 'invoke', 'write', 1],
        [0, 'fail', 'write', 1],
        [1, 'invoke', 'read', null],
        [1, 'ok', 'read', 1],
      ],
    ],
    [
      'refuses a cas that failed although the value was the expected one',
      false,
      [
        [0, 'invoke', 'cas', [null, 1]],
        [0, 'fail', 'cas', [null, 1]],
      ],
    ],
    [
      'refuses a cas that succeeded on another value',
      false,
      [
        [0, 'invoke', 'cas', [5, 1]],
        [0, 'ok', 'cas', [5, 1]],
      ],
    ],
    [
      'accepts an open cas that explains a read',
      true,
      [
        [0, 'invoke', 'cas', [null, 1]],
        [1, 'invoke', 'read', null],
        [1, 'ok', 'read', 1],
      ],
    ],
    [
      'keeps keys apart',
      true,
      [
        [0, 'invoke', 'write', 1, 'a'],
        [0, 'ok', 'write', 1, 'a'],
        [1, 'invoke', 'read', null, 'b'],
        [1, 'ok', 'read', null, 'b'],
      ],
    ],
  ])('%s', ([, linearizable, lines]) => {
    expect(verdictOn(lines).kind).toBe(linearizable ? 'linearizable' : 'not-linearizable')
  })

  test('names the key and the operation that nothing explains', () => {
    const verdict = verdictOn([
      [0, 'invoke', 'write', 1, 'a'],
      [0, 'ok', 'write', 1, 'a'],
      [1, 'invoke', 'read', null, 'b'],
      [1, 'ok', 'read', 3, 'b'],
    ])
    expect(verdict).toMatchObject({ kind: 'not-linearizable', key: 'b', unexplained: { process: 1, output: 3 } })
  })

  test('says undecided, not linearizable, when it may not search long enough', () => {
    const lines: Line[] = []
    for (let process = 0; process < 12; process++) lines.push([process, 'invoke', 'write', process])
    for (let process = 0; process < 12; process++) lines.push([process, 'ok', 'write', process])
    lines.push([20, 'invoke', 'read', null], [20, 'ok', 'read', 99])
    const operations = operationsOf(history(lines))
    expect(checkLinearizable(registerModel, operations, 1_000).kind).toBe('undecided')
    expect(checkLinearizable(registerModel, operations).kind).toBe('not-linearizable')
  })

  test('refuses a history in which one process asks twice', () => {
    const lines: Line[] = [
      [0, 'invoke', 'read', null],
      [0, 'invoke', 'read', null],
    ]
    expect(() => verdictOn(lines)).toThrow('asks twice')
  })
})

/** The definition itself: some order of the ended and any of the open operations, that respects time, is legal. */
function isLinearizableByDefinition(operations: readonly Operation[], state: ModelState = null): boolean {
  if (operations.every(operation => operation.returnedAt === undefined)) return true
  const firstEnd = Math.min(...operations.map(operation => operation.returnedAt ?? Number.POSITIVE_INFINITY))
  return operations.some(operation => {
    if (operation.calledAt > firstEnd) return false
    const next = registerModel.apply(state, operation)
    const rest = operations.filter(other => other !== operation)
    return next !== illegal && isLinearizableByDefinition(rest, next)
  })
}

/** Random histories of four processes over a few values, so that about half of them are linearizable. */
const randomHistory = fc
  .array(fc.record({ process: fc.nat(3), kind: fc.nat(2), value: fc.nat(2), other: fc.nat(2), end: fc.nat(5) }), {
    maxLength: 14,
  })
  .map(steps => {
    const open = new Map<number, Line>()
    const lines: Line[] = []
    let fresh = 10
    const ids = new Map([0, 1, 2, 3].map(process => [process, process]))
    for (const { process, kind, value, other, end } of steps) {
      const id = ids.get(process) ?? 0
      const call = open.get(id)
      if (!call) {
        const f = (['read', 'write', 'cas'] as const)[kind] ?? 'read'
        const line: Line = [id, 'invoke', f, f === 'read' ? null : f === 'write' ? value : [other, value]]
        lines.push(line)
        open.set(id, line)
        continue
      }
      open.delete(id)
      const type = end === 0 ? 'info' : end === 1 ? 'fail' : 'ok'
      lines.push([id, type, call[2], call[2] === 'read' ? value : call[3]])
      if (type === 'info') ids.set(process, fresh++)
    }
    return lines
  })

test('agrees with the definition of linearizability on random small histories', () => {
  const seen = { true: 0, false: 0 }
  fc.assert(
    fc.property(randomHistory, lines => {
      const operations = operationsOf(history(lines))
      const expected = isLinearizableByDefinition(operations)
      seen[`${expected}`]++
      expect(checkLinearizable(registerModel, operations).kind === 'linearizable').toBe(expected)
    }),
    { numRuns: 1_500, seed: 7 },
  )
  expect(Math.min(seen.true, seen.false)).toBeGreaterThan(150)
})
