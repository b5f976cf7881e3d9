import { expect, test } from 'vitest'
import type { SessionId } from '../../src/base/ids.ts'
import { attemptsOrderedMax, signalsPerAttemptMax } from '../../src/mesh/limits.ts'
import { SignalOrder } from '../../src/mesh/signal-order.ts'
import { Turns } from '../link/support/turns.ts'

const ada = 'k000-adaadaada' as SessionId
const bob = 'k000-bobbobbob' as SessionId

test('numbers count per session and attempt', () => {
  const order = new SignalOrder<string>()
  const numbers = [order.number(ada, 'x'), order.number(ada, 'x'), order.number(bob, 'x'), order.number(ada, 'y')]
  expect(numbers).toEqual([0, 1, 0, 0])
})

test('any order and any number of copies come out once each, in order', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const turns = new Turns(seed)
    const order = new SignalOrder<number>()
    const copies = [...Array(20).keys(), ...Array(20).keys(), ...Array(5).keys()]
    const heard: number[] = []
    while (copies.length > 0) {
      const [number = 0] = copies.splice(turns.chance(copies.length), 1)
      heard.push(...order.arrive(ada, 'x', number, number))
    }
    expect(heard, `seed ${seed}`).toEqual([...Array(20).keys()])
  }
})

test('attempts and sessions do not wait for each other', () => {
  const order = new SignalOrder<string>()
  expect(order.arrive(ada, 'x', 1, 'late')).toEqual([])
  expect(order.arrive(ada, 'y', 0, 'other attempt')).toEqual(['other attempt'])
  expect(order.arrive(bob, 'x', 0, 'other session')).toEqual(['other session'])
  expect(order.arrive(ada, 'x', 0, 'first')).toEqual(['first', 'late'])
})

test('a number beyond the limit is dropped, and the oldest attempt is forgotten first', () => {
  const order = new SignalOrder<string>()
  expect(order.arrive(ada, 'x', signalsPerAttemptMax, 'too far')).toEqual([])
  expect(order.arrive(ada, 'x', 0, 'first')).toEqual(['first'])
  for (let at = 0; at < attemptsOrderedMax; at++) order.arrive(bob, `${at}`, 0, 'filler')
  expect(order.arrive(ada, 'x', 0, 'again')).toEqual(['again'])
})
