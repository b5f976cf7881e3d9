import { beforeEach, expect, test } from 'vitest'
import type { PeerId } from '../../src/base/ids.ts'
import { withAdvice } from '../../src/link/dial-advice.ts'
import { DialLog } from '../../src/link/dials.ts'
import { dialStages } from '../../src/link/facts.ts'
import { dialRecordsMax, dialRecordsPerPeerMax } from '../../src/link/limits.ts'
import { Turns } from './support/turns.ts'

const [ada, bob] = ['ada', 'bob'] as PeerId[] as [PeerId, PeerId]

let turns: Turns
let log: DialLog
beforeEach(() => {
  turns = new Turns(1)
  log = new DialLog(turns.clock)
})

test('a dial tells when it passed each stage, and that it came to a link', async () => {
  log.begin('x', ada, 'dialler')
  for (const [at, stage] of dialStages.slice(0, -2).entries()) turns.after(10 * at, () => log.pass('x', stage))
  turns.after(60, () => log.passOf(ada, 'secured'))
  turns.after(70, () => log.passOf(ada, 'admitted'))
  await turns.run()
  log.ended('x', 'the tab closed later')
  const stages = dialStages.map((stage, at) => ({ stage, ms: 10 * at }))
  expect(log.records).toMatchObject([{ peer: ada, stages, outcome: 'linked', tookMs: 70, failure: undefined }])
})

test.each(dialStages)('a dial that stops before `%s` says so, and what can be done', stage => {
  log.begin('x', ada, 'dialler')
  for (const passed of dialStages.slice(0, dialStages.indexOf(stage))) log.pass('x', passed)
  log.ended('x', 'no answer')
  const [record] = log.records.map(withAdvice)
  expect(record).toMatchObject({ outcome: 'failed', failure: { stage, reason: 'no answer' } })
  expect(record?.failure?.advice.length).toBeGreaterThan(20)
})

test('a dial that gave way did not fail, and a stage counts once', async () => {
  log.begin('x', ada, 'dialler')
  log.pass('x', 'candidates')
  await turns.run(50)
  log.pass('x', 'candidates')
  log.yielded('x')
  log.ended('x', 'gave way')
  expect(log.records).toMatchObject([
    { outcome: 'yielded', stages: [{ stage: 'candidates', ms: 0 }], failure: undefined },
  ])
})

test('what Noise and admission say counts for the open attempt of that peer', () => {
  log.begin('x', ada, 'dialler')
  log.begin('y', bob, 'answerer')
  log.pass('y', 'opened')
  log.passOf(ada, 'admitted')
  log.passOf(bob, 'admitted')
  expect(log.records.map(({ outcome }) => outcome)).toEqual(['running', 'linked'])
})

test('the last dials of each peer are kept, and of all peers a bounded number', () => {
  for (let at = 0; at < dialRecordsPerPeerMax + 3; at++) log.begin(`x${at}`, ada, 'dialler')
  expect(log.records).toHaveLength(dialRecordsPerPeerMax)
  for (let at = 0; at < 2 * dialRecordsMax; at++) log.begin(`y${at}`, `p${at}` as PeerId, 'dialler')
  expect(log.records).toHaveLength(dialRecordsMax)
  expect(log.records.at(-1)?.peer).toBe(`p${2 * dialRecordsMax - 1}`)
})
