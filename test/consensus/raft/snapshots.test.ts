/** Snapshots of one's own state machine and the log below them (snapshot.ts). */
import { expect, test } from 'vitest'
import { Lone, plain } from './support/lone.ts'

const limits = { snapshotAfterEntries: 4, trailingEntries: 1, logEntriesMax: 8 }

/** A lone voter that takes no snapshot by itself; its noop is entry 2. */
function alone(): Lone {
  const lone = new Lone({ ...plain, voters: ['a'], limits })
  lone.room.of('a').takesSnapshots = false
  lone.campaign()
  return lone
}

const take = (lone: Lone, index: number) =>
  lone.room.step('a', { kind: 'snapshot-taken', index, data: [`to ${index}`] })
const asked = (lone: Lone) => lone.effects('snapshot-needed').map(({ applied }) => applied)

test('one is asked for after so many entries, and again until it comes', () => {
  const lone = alone()
  for (let payload = 3; payload <= 4; payload++) lone.propose(String(payload))
  expect(asked(lone)).toEqual([])
  lone.propose('5')
  expect(asked(lone)).toEqual([5])
  lone.propose('6', '7', '8')
  expect(asked(lone)).toEqual([5])
  lone.propose('9')
  expect(asked(lone)).toEqual([5, 9])
})

test('taking it cuts the log, but for the entries that stay for members slightly behind', () => {
  const lone = alone()
  lone.propose('3', '4', '5')
  take(lone, 5)
  expect(lone.view).toMatchObject({ firstIndex: 5, lastIndex: 5, snapshot: { index: 5, term: 2, data: ['to 5'] } })
  while (lone.room.of('a').finishWrite());
  expect(lone.disk.snapshot.index).toBe(5)
  expect(lone.disk.entries.map(({ index }) => index)).toEqual([5])
})

test.each([
  ['before the one there is', 4],
  ['of the one there is', 5],
  ['of what is not applied yet', 7],
])('it ignores a snapshot %s', (_, index) => {
  const lone = alone()
  lone.propose('3', '4', '5')
  take(lone, 5)
  lone.propose('6')
  expect(take(lone, index)).toEqual([])
  expect(lone.view).toMatchObject({ firstIndex: 5, lastIndex: 6, snapshot: { index: 5 } })
})

test('a log that nobody takes a snapshot of fills, refuses, and takes more after it', () => {
  const lone = alone()
  for (let payload = 0; payload < 12; payload++) lone.propose(String(payload))
  expect(lone.effects('refused')).toMatchObject(Array.from({ length: 5 }, () => ({ reason: 'log-full' })))
  expect(lone.view.lastIndex).toBe(9)
  take(lone, 9)
  lone.propose('more')
  expect(lone.view.commit).toBe(10)
})
