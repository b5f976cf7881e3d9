import { expect, test } from 'vitest'
import { Emitter } from '../../src/base/emitter.ts'
import type { PeerId } from '../../src/base/ids.ts'
import type { DecisionsService } from '../../src/consensus/decisions/decisions.ts'
import type { DecisionsView } from '../../src/consensus/decisions/types.ts'
import { Deciding } from '../../src/engine/deciding.ts'
import type { Timeline } from '../../src/engine/timeline.ts'
import { Turns } from '../link/support/turns.ts'

/** A service that says what the test wants it to say. */
function lab() {
  const turns = new Turns(1)
  const emitter = new Emitter<{ change: undefined }>(() => {})
  const said = { seat: 'voter' as 'voter' | 'learner', voterHosts: [] as PeerId[] }
  const service = {
    on: (event: 'change', listener: () => void) => emitter.on(event, listener),
    start: () => Promise.resolve(),
    get voterHosts() {
      return said.voterHosts
    },
    get view() {
      return { members: [{ isHostedHere: true, seat: said.seat }] } as unknown as DecisionsView
    },
  }
  const required: string[][] = []
  const deciding = new Deciding({
    clock: turns.clock,
    open: () => Promise.resolve(service as unknown as DecisionsService),
    push: () => {},
    timeline: { add: () => {} } as unknown as Timeline,
    nameOf: () => '',
    requireLinks: peers => required.push([...peers]),
    onChange: () => {},
    onTrouble: () => {},
  })
  const change = async () => {
    emitter.emit('change', undefined)
    await turns.run()
  }
  return { deciding, said, required, change }
}

test('whoever votes asks for links to the other voters, and only when they change', async () => {
  const { deciding, said, required, change } = lab()
  said.voterHosts = ['b', 'a'] as PeerId[]
  await deciding.open()
  await change()
  expect(required).toEqual([['a', 'b']])
  said.voterHosts = ['a'] as PeerId[]
  await change()
  expect(required).toEqual([['a', 'b'], ['a']])
})

test('a learner asks for none, nor does a voter that became one', async () => {
  const { deciding, said, required, change } = lab()
  said.seat = 'learner'
  said.voterHosts = ['a'] as PeerId[]
  await deciding.open()
  await change()
  expect(required).toEqual([])
  said.seat = 'voter'
  await change()
  said.seat = 'learner'
  await change()
  expect(required).toEqual([['a'], []])
})
