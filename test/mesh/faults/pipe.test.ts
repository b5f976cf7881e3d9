import { expect, test } from 'vitest'
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import { PipeBase } from '../../../src/link/pipe-base.ts'
import type { Condition } from '../../../src/mesh/faults/condition.ts'
import { FaultyPipe } from '../../../src/mesh/faults/faulty-pipe.ts'
import { PausableClock } from '../../../src/mesh/faults/pausable-clock.ts'
import { heldBytesMax } from '../../../src/mesh/limits.ts'
import { Turns } from '../../link/support/turns.ts'

class EndedPipe extends PipeBase {
  bufferedBytes = 0
  readonly log: string[]
  constructor(log: string[]) {
    super('memory', { peer: 'bob' as PeerId, session: 's' as SessionId })
    this.log = log
  }
  send(frame: Uint8Array): void {
    this.log.push(`sent ${frame[0]}`)
  }
  close(reason: string): void {
    this.log.push(`closed underneath: ${reason}`)
    this.closed(reason)
  }
  arrive(frame: number): void {
    this.deliver(Uint8Array.of(frame))
  }
}

const whole: Condition = { isCut: false, delayMs: 0, jitterMs: 0, loss: 0, duplicate: 0, reorder: 0 }

/** A pipe whose faults a test sets; everything that happens is logged with its time. */
function lab(seed = 1) {
  const turns = new Turns(seed)
  const log: string[] = []
  const faults = { out: whole, in: whole }
  const inner = new EndedPipe(log)
  const pipe = new FaultyPipe(inner, {
    clock: turns.clock,
    random: turns.random,
    condition: way => faults[way],
    onOver: () => log.push('over'),
  })
  pipe.open({
    onFrame: frame => log.push(`heard ${frame[0]}`),
    onDrain: () => log.push('drain'),
    onClose: reason => log.push(`close: ${reason}`),
  })
  const set = (next: Partial<typeof faults>) => {
    Object.assign(faults, next)
    pipe.review()
  }
  const send = (...frames: number[]) => {
    for (const frame of frames) pipe.send(Uint8Array.of(frame))
  }
  return { turns, log, inner, pipe, set, send }
}

test('without faults everything goes at once', () => {
  const { log, inner, send } = lab()
  send(1)
  inner.arrive(2)
  expect(log).toEqual(['sent 1', 'heard 2'])
})

test('what a cut keeps back comes through when it ends, in order, both ways', () => {
  const { log, inner, send, set, pipe } = lab()
  set({ out: { ...whole, isCut: true }, in: { ...whole, isCut: true } })
  send(1, 2)
  inner.arrive(3)
  inner.arrive(4)
  expect(log).toEqual([])
  expect(pipe.bufferedBytes).toBe(2)
  set({ out: whole, in: whole })
  expect(log).toEqual(['heard 3', 'heard 4', 'sent 1', 'sent 2'])
  expect(pipe.bufferedBytes).toBe(0)
})

test('cut one way it still carries the other', () => {
  const { log, inner, send, set } = lab()
  set({ out: { ...whole, isCut: true } })
  send(1)
  inner.arrive(2)
  expect(log).toEqual(['heard 2'])
})

test('a delay that varies keeps the order and stays within its bounds', async () => {
  for (let seed = 1; seed <= 50; seed++) {
    const { log, turns, send, set } = lab(seed)
    set({ out: { ...whole, delayMs: 100, jitterMs: 50 } })
    send(1, 2, 3)
    await turns.run(99)
    expect(log).toEqual([])
    await turns.run(150)
    expect(log).toEqual(['sent 1', 'sent 2', 'sent 3'])
  }
})

test('what was delayed goes when the delay is healed', () => {
  const { log, send, set } = lab()
  set({ out: { ...whole, delayMs: 60_000 } })
  send(1)
  set({ out: whole })
  expect(log).toEqual(['sent 1'])
})

test('a close through a cut is known here at once, and there when it ends', () => {
  const { log, pipe, send, set } = lab()
  set({ out: { ...whole, isCut: true } })
  send(1)
  pipe.close('given up')
  pipe.close('again')
  expect(log).toEqual(['close: given up'])
  set({ out: whole })
  expect(log).toEqual(['close: given up', 'closed underneath: given up', 'over'])
})

test('a close behind delayed frames lets them arrive first', async () => {
  const { log, turns, pipe, send, set } = lab()
  set({ out: { ...whole, delayMs: 10 } })
  send(1)
  pipe.close('done')
  await turns.run()
  expect(log).toEqual(['close: done', 'sent 1', 'closed underneath: done', 'over'])
})

test('the other side’s close is not heard through a cut', () => {
  const { log, inner, set } = lab()
  set({ in: { ...whole, isCut: true } })
  inner.arrive(1)
  inner.close('gone')
  expect(log).toEqual(['closed underneath: gone', 'over'])
  set({ in: whole })
  expect(log.slice(2)).toEqual(['heard 1', 'close: gone'])
})

test('whoever holds back too much loses the link', () => {
  const { log, pipe, set } = lab()
  set({ out: { ...whole, isCut: true } })
  const frame = new Uint8Array(heldBytesMax / 4)
  for (let sent = 0; sent < 4; sent++) pipe.send(frame)
  expect(log).toEqual([])
  pipe.send(frame)
  expect(log).toEqual(['close: too much was held back'])
})

test('a sender is told when what was held back has left', () => {
  const { log, pipe, set } = lab()
  set({ out: { ...whole, isCut: true } })
  pipe.send(new Uint8Array(1024 * 1024))
  set({ out: whole })
  expect(log).toEqual(['sent 0', 'drain'])
})

test('a frozen clock tells the time but does nothing until it thaws; then each thing once', async () => {
  const turns = new Turns(1)
  const log: string[] = []
  let isFrozen = true
  const clock = new PausableClock(turns.clock, () => isFrozen)
  clock.after(10, () => log.push(`once at ${clock.monotonicMs()}`))
  const stop = clock.every(20, () => log.push(`again at ${clock.monotonicMs()}`))
  const cancel = clock.after(15, () => log.push('cancelled'))
  await turns.run(105)
  cancel()
  expect(log).toEqual([])
  isFrozen = false
  clock.thaw()
  expect(log).toEqual(['once at 105', 'again at 105'])
  await turns.run(125)
  stop()
  await turns.run()
  expect(log.slice(2)).toEqual(['again at 120'])
})
