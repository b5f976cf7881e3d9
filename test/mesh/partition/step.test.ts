import { expect, test } from 'vitest'
import type { PeerId } from '../../../src/base/ids.ts'
import { criticalOf, majorityOf, quorumFigures } from '../../../src/mesh/partition/quorum.ts'
import { figuresOf, type PartitionInput, partitionOf, rememberMsDefault } from '../../../src/mesh/partition/state.ts'
import { step } from '../../../src/mesh/partition/step.ts'

const name = (at: number) => `p${at}` as PeerId
const isolatedAfterMs = 10_000

function room(others: number) {
  const state = partitionOf(isolatedAfterMs)
  const told: string[] = []
  let nowMs = 0
  const tell = (kind: PartitionInput['kind'], at: number, isCrash = true) => {
    const input = { kind, peer: name(at), isCrash, count: at, nowMs } as unknown as PartitionInput
    for (const effect of step(state, input))
      told.push(
        `${effect.kind === 'heal' ? `heal ${effect.durationMs} ${effect.returned}` : effect.side} ${effect.reachable}/${effect.known}`,
      )
  }
  for (let at = 0; at < others; at++) tell('joined', at)
  const wait = (ms: number) => {
    nowMs += ms
  }
  return { state, told, tell, wait }
}

test('below half of the known it is the side of a minority, and whole again when they are back', () => {
  const { told, tell, wait } = room(9)
  for (let at = 0; at < 6; at++) tell('departed', at)
  expect(told).toEqual(['majority 8/10', 'minority 4/10'])
  wait(5_000)
  for (let at = 0; at < 6; at++) tell('joined', at)
  expect(told.slice(2)).toEqual(['majority 5/10', 'heal 5000 5 9/10'])
})

test('exactly half is not a minority', () => {
  const { told, tell } = room(9)
  for (let at = 0; at < 5; at++) tell('departed', at)
  expect(told).toEqual(['majority 8/10'])
})

test('goodbyes part nobody, and a single crash of a room is none', () => {
  const { told, tell, state } = room(9)
  for (let at = 0; at < 8; at++) tell('departed', at, false)
  expect([told, figuresOf(state, 0)]).toEqual([[], { reachable: 2, known: 2 }])
  const large = room(30)
  large.tell('departed', 1)
  large.tell('departed', 2)
  expect(large.told).toEqual([])
})

test('who was lost is forgotten after a while, and that heals too', () => {
  const { told, tell, wait } = room(3)
  for (let at = 0; at < 3; at++) tell('departed', at)
  wait(rememberMsDefault + 1)
  tell('links', 0)
  expect(told.at(-1)).toBe(`heal ${rememberMsDefault + 1} 0 1/1`)
})

test('without any link for as long as the timeout nobody is reachable', () => {
  const { told, tell, wait } = room(4)
  tell('links', 3)
  tell('links', 0)
  wait(isolatedAfterMs - 1)
  tell('links', 0)
  expect(told).toEqual([])
  wait(1)
  tell('links', 0)
  tell('links', 1)
  expect(told).toEqual(['minority 1/5', `heal 0 0 5/5`])
})

test('quorums: 5 of 7 and 3 of 4 for critical decisions, majorities otherwise, and none shrinks by itself', () => {
  expect([criticalOf(7), criticalOf(4), majorityOf(7), majorityOf(4)]).toEqual([5, 3, 4, 3])
  const figures = { reachable: 4, known: 7, needed: 5, hasQuorum: false, neededWithout: 3 }
  expect(quorumFigures(4, 7, criticalOf)).toEqual(figures)
  expect(quorumFigures(4, 7).hasQuorum).toBe(true)
})
