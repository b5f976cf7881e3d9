import { expect, test } from 'vitest'
import type { PeerId } from '../../src/base/ids.ts'
import {
  type FaultForm,
  type FaultFormKind,
  faultFormProblem,
  faultKinds,
  firstForm,
  requestOf,
  withKind,
} from '../../src/console/panels/fault-form.ts'

const self = 'ada' as PeerId

test.each<[Partial<FaultForm>, object]>([
  [{}, { kind: 'cut', target: 'all' }],
  [
    { where: 'own:bob', direction: 'in' },
    { kind: 'cut', target: 'bob', direction: 'in' },
  ],
  [
    { where: 'room:bob', seconds: '30' },
    { kind: 'cut', target: 'bob', room: true, forMs: 30_000 },
  ],
  [
    { kind: 'delay', amount: '200', where: 'room:all' },
    { kind: 'delay', target: 'all', ms: 200, room: true },
  ],
  [
    { kind: 'jitter', amount: '50' },
    { kind: 'delay', target: 'all', ms: 0, jitterMs: 50 },
  ],
  [
    { kind: 'loss', amount: '30' },
    { kind: 'loss', target: 'all', share: 0.3 },
  ],
  [
    { kind: 'reorder', amount: '12.5', where: 'own:bob' },
    { kind: 'reorder', target: 'bob', share: 0.125 },
  ],
  [{ kind: 'pause' }, { kind: 'pause', target: self }],
  [
    { kind: 'pause', where: 'room:all' },
    { kind: 'pause', target: 'all' },
  ],
  [
    { kind: 'pause', where: 'room:bob', direction: 'in', seconds: '5' },
    { kind: 'pause', target: 'bob', forMs: 5_000 },
  ],
])('%j asks for the right thing', (change, expected) => {
  const form = { ...firstForm, ...change }
  expect(faultFormProblem(form)).toBeUndefined()
  expect(requestOf(form, self)).toEqual(expected)
})

test.each<[Partial<FaultForm>, RegExp]>([
  [{ kind: 'delay' }, /milliseconds/],
  [{ kind: 'jitter', amount: 'soon' }, /milliseconds/],
  [{ kind: 'loss', amount: '0' }, /share/],
  [{ kind: 'loss', amount: '101' }, /share/],
  [{ seconds: '-1' }, /seconds/],
  [{ seconds: 'x' }, /seconds/],
])('%j cannot be asked for', (change, words) => expect(faultFormProblem({ ...firstForm, ...change })).toMatch(words))

test('whatever is chosen after whatever can be sent as it stands', () => {
  const kinds = Object.keys(faultKinds) as FaultFormKind[]
  for (const one of kinds)
    for (const two of kinds) {
      const form = withKind(withKind(firstForm, one), two)
      expect(faultFormProblem(form), `${one}, then ${two}`).toBeUndefined()
    }
  expect(withKind({ ...firstForm, kind: 'loss', amount: '7' }, 'reorder').amount).toBe('7')
})
