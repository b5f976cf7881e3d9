import { expect, test } from 'vitest'
import type { PeerId, SessionId } from '../../src/base/ids.ts'
import { signalQueueMax } from '../../src/link/limits.ts'
import type { Remote } from '../../src/link/types.ts'
import { openRoom } from '../../src/mesh/room.ts'
import { Signals } from '../../src/mesh/signals.ts'
import { signRecord } from '../../src/mesh/signed.ts'
import { until } from '../link/support/until.ts'
import { freshKeys } from './support/keys.ts'

const session = (name: string) => `k000-${name.padEnd(8, 'x')}` as SessionId

async function party(name: string, secret = 'secret') {
  const keys = await freshKeys()
  const carried: { to: Remote; sealed: string }[] = []
  const heard: string[] = []
  const counters: Record<string, number> = {}
  const state = { isConnected: true }
  const signals = new Signals({
    room: await openRoom('lab', secret),
    signer: keys.signer,
    session: session(name),
    carry: (to, sealed) => state.isConnected && carried.push({ to, sealed }) > 0,
    onSignal: (from, signal) => heard.push(`${from.peer} ${from.session} ${signal.attempt} ${signal.data}`),
    count: counter => {
      counters[counter] = (counters[counter] ?? 0) + 1
    },
  })
  return { keys, signals, carried, heard, counters, state, self: { peer: keys.id, session: session(name) } }
}

test('signals arrive sealed, in order, and from whom they came', async () => {
  const [ada, bob] = [await party('ada'), await party('bob')]
  for (let at = 0; at < 50; at++) ada.signals.send(bob.self, { attempt: 'x', data: `${at}` })
  await until(() => ada.carried.length === 50, 'all are carried')
  expect(ada.carried.some(({ sealed }) => sealed.includes(ada.keys.id))).toBe(false)
  for (const { sealed } of ada.carried) bob.signals.receive(sealed)
  await until(() => bob.heard.length === 50, 'all have arrived')
  expect(bob.heard).toEqual(Array.from({ length: 50 }, (_, at) => `${ada.keys.id} ${session('ada')} x ${at}`))
})

test('a signal for another session, of another room, forged or garbled is dropped and counted', async () => {
  const [ada, bob, eve] = [await party('ada'), await party('bob'), await party('eve', 'guess')]
  const room = await openRoom('lab', 'secret')
  ada.signals.send({ peer: bob.keys.id, session: session('former') }, { attempt: 'x', data: 'late' })
  eve.signals.send(bob.self, { attempt: 'x', data: 'foreign' })
  await until(() => ada.carried.length + eve.carried.length === 2, 'both are carried')
  const record = await signRecord(eve.keys.signer, 'signal', {
    from: session('ada'),
    to: session('bob'),
    attempt: 'x',
    number: 0,
    data: 'forged',
  })
  const forged = await room.seal.seal(
    new TextEncoder().encode(JSON.stringify({ ...record, by: ada.keys.id as PeerId })),
  )
  for (const sealed of [ada.carried[0]?.sealed, eve.carried[0]?.sealed, forged, 'garbage', ''])
    bob.signals.receive(sealed ?? '')
  await until(() => bob.counters['dropped.signal'] === 5, 'all are dropped')
  expect(bob.heard).toEqual([])
})

test('what cannot be carried is counted, and more than the queue holds is dropped', async () => {
  const [ada, bob] = [await party('ada'), await party('bob')]
  ada.state.isConnected = false
  for (let at = 0; at < signalQueueMax + 10; at++) ada.signals.send(bob.self, { attempt: 'x', data: 'y' })
  await until(() => ada.counters['signals.not-carried'] === signalQueueMax, 'the queue is done')
  expect(ada.counters['dropped.signal-overflow']).toBe(10)
  ada.signals.send(bob.self, { attempt: 'x', data: 'z' })
  await until(() => ada.counters['signals.not-carried'] === signalQueueMax + 1, 'there is room again')
})
