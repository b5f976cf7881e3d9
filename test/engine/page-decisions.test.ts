import { expect, test } from 'vitest'
import { Emitter } from '../../src/base/emitter.ts'
import type { DecidedChange, DecidedCommand } from '../../src/consensus/decisions/types.ts'
import { PageDecisions } from '../../src/engine/page-decisions.ts'

test('the page hears of the mesh’s own keys only under a prefix of theirs', () => {
  const emitter = new Emitter<{ decision: DecidedChange | DecidedCommand }>(() => {})
  const decisions = new PageDecisions({
    engine: { watchDecisions: async () => {} } as never,
    call: () => Promise.reject(new Error('nothing is called')),
    onDecision: listener => emitter.on('decision', listener),
  })
  const heard: string[] = []
  decisions.on(one => heard.push(`any ${'key' in one ? one.key : one.index}`))
  decisions.watch(({ key }) => heard.push(`all ${key}`))
  decisions.watch(({ key }) => heard.push(`own ${key}`), { prefix: 'tabmesh/agents/' })
  for (const key of ['colour', 'tabmesh/agents/a', 'tabmesh/topology'])
    emitter.emit('decision', { key, value: 1, version: 1 })
  emitter.emit('decision', { index: 7, command: 1, by: 'ada' as never })
  expect(heard).toEqual(['any colour', 'all colour', 'own tabmesh/agents/a', 'any 7'])
})
