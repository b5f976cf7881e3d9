import { expect, test } from 'vitest'
import { MeshError } from '../../src/base/errors.ts'
import type { PeerId } from '../../src/base/ids.ts'
import { type CallRequest, Calls, Handled } from '../../src/mesh/calls.ts'
import type { Frame, Header } from '../../src/mesh/frame.ts'
import {
  answersKeptBytesMax,
  callsInFlightMax,
  callTimeoutMsMax,
  handledIdsMax,
  messageBytesMax,
} from '../../src/mesh/limits.ts'
import { Turns } from '../link/support/turns.ts'

const [ada, eve] = ['ada', 'eve'] as PeerId[] as [PeerId, PeerId]

function answer(id: string, bytes = 0, kind: Header['kind'] = 'reply'): Frame {
  return { header: { kind, id, timestamp: 0, body: 'bytes' }, body: new Uint8Array(bytes) }
}

class Lab {
  readonly turns = new Turns(1)
  readonly calls = new Calls(this.turns.clock)
  /** When each attempt to send was made, ms. */
  readonly attemptsMs: number[] = []
  readonly outcomes: string[] = []

  call(request: Partial<CallRequest> = {}): void {
    const transmit = request.transmit ?? (async () => {})
    const given = { id: 'x', to: ada, timeoutMs: 9_000, retries: 2, signal: undefined, ...request }
    const counted = () => {
      this.attemptsMs.push(this.turns.clock.nowMs())
      return transmit()
    }
    this.calls.start({ ...given, transmit: counted }).then(
      frame => this.outcomes.push(`${frame.header.kind} ${this.turns.clock.nowMs()}`),
      (error: MeshError) => this.outcomes.push(`${error.code} ${this.turns.clock.nowMs()}`),
    )
  }
}

test('a call is sent again at even distances and ends with `timeout`', async () => {
  const lab = new Lab()
  lab.call()
  await lab.turns.run()
  expect(lab.attemptsMs).toEqual([0, 3_000, 6_000])
  expect(lab.outcomes).toEqual(['timeout 9000'])
})

test.each<[string, number[], number[]]>([
  ['at once', [20, 30, 20], [0, 3_000, 6_000]],
  ['after seconds', [1_500, 1_500], [0, 3_750, 7_500]],
  ['later than anybody waits', [4_000, 6_000], [0]],
])('where answers come %s, a call is not sent again before', async (_, roundTripsMs, attemptsMs) => {
  const lab = new Lab()
  for (const rttMs of roundTripsMs) lab.calls.measured(rttMs)
  lab.call()
  await lab.turns.run()
  expect(lab.attemptsMs).toEqual(attemptsMs)
})

test('an answer settles a call once, and nothing is sent after it', async () => {
  const lab = new Lab()
  lab.call()
  lab.turns.after(10, () => {
    expect(lab.calls.answer(ada, answer('x'))).toBe(true)
    expect(lab.calls.answer(ada, answer('x'))).toBe(false)
  })
  await lab.turns.run()
  expect([lab.attemptsMs, lab.outcomes]).toEqual([[0], ['reply 10']])
})

test('an answer from anybody but who was asked is not one', async () => {
  const lab = new Lab()
  lab.call()
  expect(lab.calls.answer(eve, answer('x'))).toBe(false)
  expect(lab.calls.answer(ada, answer('y'))).toBe(false)
  await lab.turns.run()
  expect(lab.outcomes).toEqual(['timeout 9000'])
})

test('an abort ends a call at once; one that was aborted before never starts', async () => {
  const lab = new Lab()
  const abort = new AbortController()
  lab.call({ signal: abort.signal })
  lab.turns.after(5, () => abort.abort())
  await lab.turns.run()
  lab.call({ id: 'y', signal: abort.signal })
  await lab.turns.run()
  expect(lab.outcomes).toEqual(['aborted 5', 'aborted 5'])
  expect(lab.attemptsMs).toEqual([0])
})

test('a broken link sends again at once what was asked of that peer, within its retries', async () => {
  const lab = new Lab()
  lab.call({ retries: 1 })
  lab.turns.after(100, () => lab.calls.linkBroke(eve))
  lab.turns.after(200, () => lab.calls.linkBroke(ada))
  lab.turns.after(300, () => lab.calls.linkBroke(ada))
  await lab.turns.run()
  expect(lab.attemptsMs).toEqual([0, 200])
})

test('a peer that departs disconnects its calls and no others', async () => {
  const lab = new Lab()
  lab.call()
  lab.call({ id: 'y', to: eve })
  lab.calls.departed(ada)
  await lab.turns.run()
  expect(lab.outcomes).toEqual(['disconnected 0', 'timeout 9000'])
})

test('what the last attempt met is the failure, unless it could be sent', async () => {
  const failures = [new MeshError('unreachable', 'no path'), undefined]
  const transmit = async () => {
    const failure = failures.shift()
    if (failure) throw failure
  }
  const lab = new Lab()
  lab.call({ transmit, retries: 1 })
  lab.call({ id: 'y', transmit: () => Promise.reject(new MeshError('unreachable', 'no path')) })
  lab.call({ id: 'z', transmit: () => Promise.reject(new MeshError('no-such-peer', 'nobody')) })
  lab.call({ id: 'w', transmit: () => Promise.reject(new Error('odd')), retries: 0 })
  await lab.turns.run()
  expect(lab.outcomes).toEqual(['no-such-peer 0', 'unreachable 0', 'timeout 9000', 'unreachable 9000'])
})

test('where no path leads it is looked for again soon, at the cost of no retry', async () => {
  let failures = 4
  const transmit = async () => {
    if (failures-- > 0) throw new MeshError('unreachable', 'no path')
  }
  const lab = new Lab()
  lab.call({ transmit, retries: 1 })
  await lab.turns.run()
  expect(lab.attemptsMs).toEqual([0, 50, 150, 350, 750, 750 + 4_500])
  expect(lab.outcomes).toEqual(['timeout 9000'])
})

test('more calls than the limit are refused, and ended ones make room', async () => {
  const lab = new Lab()
  for (let at = 0; at <= callsInFlightMax; at++) lab.call({ id: `${at}` })
  await lab.turns.run(0)
  expect(lab.outcomes).toEqual(['overloaded 0'])
  lab.calls.answer(ada, answer('0'))
  lab.call({ id: 'again' })
  await lab.turns.run(0)
  expect(lab.outcomes).toEqual(['overloaded 0', 'reply 0'])
}, 60_000)

test('who leaves ends its calls and starts no more', async () => {
  const lab = new Lab()
  lab.call()
  lab.calls.close()
  lab.call({ id: 'y' })
  await lab.turns.run()
  expect(lab.outcomes).toEqual(['left 0', 'left 0'])
})

let nowMs = 0

test('what nobody can wait for any more is forgotten', () => {
  const handled = new Handled({ monotonicMs: () => nowMs })
  handled.see(ada, 'x')
  handled.keep(ada, answer('x', 3))
  nowMs += callTimeoutMsMax
  handled.see(ada, 'y')
  expect(handled.see(ada, 'x')).toMatchObject({ body: new Uint8Array(3) })
  nowMs += 1
  handled.see(ada, 'z')
  expect(handled.see(ada, 'x')).toBe('new')
  expect(handled.see(ada, 'y')).toBeUndefined() // still being worked out
})

test('a call is new once for each who asks it, and its answer is given again', () => {
  const handled = new Handled({ monotonicMs: () => nowMs })
  expect(handled.see(ada, 'x')).toBe('new')
  expect(handled.see(ada, 'x')).toBeUndefined() // being worked out
  expect(handled.see(eve, 'x')).toBe('new')
  handled.keep(ada, answer('x', 3))
  expect(handled.see(ada, 'x')).toMatchObject({ body: new Uint8Array(3) })
  expect(handled.see(eve, 'x')).toBeUndefined()
})

test('ids and answers are remembered within their limits, the newest longest', () => {
  const handled = new Handled({ monotonicMs: () => nowMs })
  for (let at = 0; at <= handledIdsMax; at++) handled.see(ada, `${at}`)
  expect(handled.see(ada, `${handledIdsMax}`)).toBeUndefined()
  expect(handled.see(ada, '0')).toBe('new')

  const heavy = new Handled({ monotonicMs: () => nowMs })
  const fitting = answersKeptBytesMax / messageBytesMax
  for (let at = 0; at <= fitting; at++) {
    heavy.see(ada, `${at}`)
    heavy.keep(ada, answer(`${at}`, messageBytesMax))
    heavy.keep(ada, answer(`${at}`, messageBytesMax)) // once more: it does not count twice
  }
  expect(heavy.see(ada, '0')).toBe('new')
  for (let at = 2; at <= fitting; at++)
    expect(heavy.see(ada, `${at}`), `${at}`).toMatchObject({ header: { id: `${at}` } })
})

/** A peer to which a path leads or not; tells which calls left, in order. */
function pathTo(lab: Lab) {
  const path = { isThere: false, left: [] as string[] }
  const call = (id: string, to = ada) => {
    const transmit = async () => {
      if (!path.isThere) throw new MeshError('unreachable', 'no path')
      path.left.push(id)
    }
    lab.call({ id, to, transmit, timeoutMs: 60_000 })
  }
  return { path, call }
}

test('calls that wait for a path leave in the order in which they were made, when a link opens at once', async () => {
  const lab = new Lab()
  const { path, call } = pathTo(lab)
  for (let at = 0; at < 20; at++) lab.turns.after(at * 37, () => call(`${at}`))
  lab.turns.after(800, () => {
    path.isThere = true
    lab.calls.linkOpened(ada)
    call('new')
  })
  await lab.turns.run(801)
  expect(path.left).toEqual([...Array(20).keys(), 'new'].map(String))
})

test('what was under way when a link broke leaves before what is said after it', async () => {
  const lab = new Lab()
  const { path, call } = pathTo(lab)
  path.isThere = true
  for (const id of ['a', 'b', 'c']) call(id)
  await lab.turns.run(10)
  path.isThere = false
  lab.calls.linkBroke(ada)
  call('d')
  await lab.turns.run(500)
  path.isThere = true
  await lab.turns.run(2_000)
  expect(path.left).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'd'])
})

test('a row stops where the path is lost again, and peers do not wait for each other', async () => {
  const lab = new Lab()
  const { path, call } = pathTo(lab)
  for (const id of ['a', 'b']) call(id)
  lab.call({ id: 'other', to: eve, transmit: async () => void path.left.push('other') })
  await lab.turns.run(1)
  let sends = 0
  lab.call({
    id: 'c',
    timeoutMs: 60_000,
    transmit: async () => {
      if (++sends === 1) {
        path.isThere = false
        throw new MeshError('unreachable', 'lost again')
      }
      path.left.push('c')
    },
  })
  call('d')
  path.isThere = true
  lab.calls.linkOpened(ada)
  await lab.turns.run(2)
  expect(path.left).toEqual(['other', 'a', 'b'])
  path.isThere = true
  await lab.turns.run(2_500)
  expect(path.left).toEqual(['other', 'a', 'b', 'c', 'd'])
})
