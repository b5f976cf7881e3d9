import { generateKeyPair } from '@libp2p/crypto/keys'
import { expect, test } from 'vitest'
import type { PeerId, SessionId } from '../../../src/base/ids.ts'
import type { Json } from '../../../src/base/json.ts'
import type { Order } from '../../../src/mesh/faults/check.ts'
import { OrderLog } from '../../../src/mesh/faults/order-log.ts'
import { RoomOrders } from '../../../src/mesh/faults/room-orders.ts'
import { peerIdOf } from '../../../src/mesh/peer-id.ts'
import { type Signer, signerOf } from '../../../src/mesh/signed.ts'
import { Turns } from '../../link/support/turns.ts'

const session = '1000-aaaaaaaa' as SessionId
const cut = (id: string): Order => ({ kind: 'begin', id, command: { kind: 'cut', peers: 'all', direction: 'both' } })
const healAll: Order = { kind: 'heal' }

async function newSigner(): Promise<Signer> {
  const key = (await generateKeyPair('Ed25519')) as never
  return signerOf(key, peerIdOf(key))
}

/** One who gives orders, and one who takes them; what is said is collected, to be delivered as a test likes. */
async function lab(obeys = true) {
  const turns = new Turns(1)
  const [ada, bob] = [await newSigner(), await newSigner()]
  const said: Json[] = []
  const done: string[] = []
  const counters: string[] = []
  const shared = {
    clock: turns.clock,
    session,
    sessionOf: (): SessionId => session,
    isMember: () => false,
    send: async () => {},
    onOrder: () => {},
    count: () => {},
  }
  const giver = new RoomOrders({
    ...shared,
    signer: ada,
    obeys: true,
    others: () => [{ peer: bob.id, session }],
    carry: (_to, record) => void said.push(record),
  })
  const taker = new RoomOrders({
    ...shared,
    signer: bob,
    obeys,
    others: () => [],
    carry: () => {},
    onOrder: (order, by) =>
      done.push(`${order.kind} ${order.kind === 'begin' ? order.id : 'all'} by ${by === ada.id ? 'Ada' : by}`),
    count: counter => counters.push(counter),
  })
  return { turns, giver, taker, said, done, counters, ada }
}

test('an order that comes by two ways is obeyed once, after a moment', async () => {
  const { giver, taker, said, done, turns, counters } = await lab()
  await giver.give(cut('1'))
  await taker.receive(said[0])
  await taker.receive(said[0])
  expect(done).toEqual([])
  await turns.run(1_000)
  expect(done).toEqual(['begin 1 by Ada'])
  expect(counters).toEqual(['dropped.order'])
})

test('orders of one author may overtake each other; what was healed before it came does not begin', async () => {
  const { giver, taker, said, done, turns } = await lab()
  for (const order of [cut('1'), cut('2'), healAll, cut('3')]) await giver.give(order)
  for (const at of [1, 2, 3, 0]) await taker.receive(said[at])
  await turns.run(1_000)
  expect(done).toEqual(['heal all by Ada', 'begin 3 by Ada'])
})

test('whoever heals all here ends what has not begun yet', async () => {
  const { giver, taker, said, done, turns } = await lab()
  await giver.give(cut('1'))
  await taker.receive(said[0])
  await taker.give(healAll)
  await turns.run(1_000)
  expect(done).toEqual([])
})

/** Three who all give and take orders; what each says is collected, to be delivered as a test likes. */
async function circle() {
  const turns = new Turns(1)
  const signers = [await newSigner(), await newSigner(), await newSigner()]
  const names = ['Ada', 'Bob', 'Cyd'] as const
  const members = signers.map((signer, at) => {
    const said: Json[] = []
    const done: string[] = []
    const orders = new RoomOrders({
      clock: turns.clock,
      session,
      sessionOf: () => session,
      isMember: () => false,
      send: async () => {},
      signer,
      obeys: true,
      others: () => [{ peer: signers[(at + 1) % 3]?.id as PeerId, session }],
      carry: (_to, record) => void said.push(record),
      onOrder: (order, by) =>
        done.push(`${order.kind} ${order.id ?? 'all'} by ${names[signers.findIndex(({ id }) => id === by)]}`),
      count: () => {},
    })
    return { orders, said, done }
  })
  const [ada, bob, cyd] = members as [(typeof members)[0], (typeof members)[0], (typeof members)[0]]
  return { turns, ada, bob, cyd }
}

test('a heal by one who had heard the order wins also where the order comes after it', async () => {
  const { turns, ada, bob, cyd } = await circle()
  await ada.orders.give(cut('1'))
  await bob.orders.receive(ada.said[0])
  await bob.orders.give(healAll)
  await cyd.orders.receive(bob.said[0])
  await cyd.orders.receive(ada.said[0])
  await turns.run(1_000)
  expect([bob.done, cyd.done]).toEqual([[], ['heal all by Bob']])
})

test('a heal does not end what its giver had not heard of and comes later, or what is ordered after it', async () => {
  const { turns, ada, bob, cyd } = await circle()
  await bob.orders.give(healAll)
  await ada.orders.give(cut('1'))
  for (const record of [bob.said[0], ada.said[0]]) await cyd.orders.receive(record)
  await turns.run(1_000)
  await bob.orders.receive(ada.said[0])
  await bob.orders.give(healAll)
  await ada.orders.give(cut('2'))
  for (const record of [bob.said[1], ada.said[1]]) await cyd.orders.receive(record)
  await turns.run(2_000)
  expect(cyd.done).toEqual(['heal all by Bob', 'begin 1 by Ada', 'heal all by Bob', 'begin 2 by Ada'])
})

test('a heal of one fault comes before it, or while it waits, and it alone does not begin', async () => {
  for (const order of [
    [2, 0, 1],
    [0, 1, 2],
  ]) {
    const { giver, taker, said, done, turns } = await lab()
    for (const each of [cut('1'), cut('2'), { kind: 'heal', id: '1' } as const]) await giver.give(each)
    for (const at of order) await taker.receive(said[at])
    await turns.run(1_000)
    expect(done.filter(each => each.startsWith('begin'))).toEqual(['begin 2 by Ada'])
  }
})

test('whoever gives an order learns that it was healed while it was told', async () => {
  const { turns, ada, bob } = await circle()
  const { isHealed } = await ada.orders.give(cut('1'))
  expect(isHealed).toBe(false)
  const late = ada.orders.give(cut('2'))
  await ada.orders.give(healAll)
  expect((await late).isHealed).toBe(true)
  // By another, who heard of it by some way before its author knew that all have.
  const third = ada.orders.give(cut('3'))
  await turns.run(0)
  for (const at of [0, 1, 2, 3]) await bob.orders.receive(ada.said[at])
  await bob.orders.give(healAll)
  await ada.orders.receive(bob.said[0])
  await third
  expect((await ada.orders.give(cut('4'))).isHealed).toBe(false)
})

test('nobody voids the orders of another for good by naming a number far ahead', () => {
  const log = new OrderLog()
  const [ada, bob] = ['ada', 'bob'] as PeerId[] as [PeerId, PeerId]
  log.hear(ada, session, 1)
  log.healAll(bob, session, 1, [[ada, session, Number.MAX_SAFE_INTEGER]])
  expect(log.isHealed(ada, session, 1, 'x')).toBe(true)
  expect(log.isHealed(ada, session, 100, 'x')).toBe(false)
  expect(log.isHealed(ada, '2000-aaaaaaaa' as SessionId, 1, 'x')).toBe(false)
})

test('an order far behind the newest is void, however it was kept back', async () => {
  const { giver, taker, said, done, turns, counters } = await lab()
  for (let number = 0; number < 70; number++) await giver.give(cut(`${number}`))
  await taker.receive(said[69])
  await taker.receive(said[0])
  await taker.receive(said[40])
  await turns.run(1_000)
  expect(done).toEqual(['begin 69 by Ada', 'begin 40 by Ada'])
  expect(counters).toEqual(['dropped.order'])
})

test('one who does not obey counts, and does nothing', async () => {
  const { giver, taker, said, done, turns, counters } = await lab(false)
  await giver.give(cut('1'))
  expect(await taker.receive(said[0])).toBe(true)
  await turns.run(1_000)
  expect([done, counters]).toEqual([[], ['faults.refused']])
})

test('what is no order, or not of its author, or of another session, is none', async () => {
  const { giver, taker, said, done, turns, ada } = await lab()
  await giver.give(cut('1'))
  const [record] = said as [{ by: PeerId; json: string; signature: string }]
  for (const other of [
    null,
    'heal',
    {},
    { ...record, by: '12D3KooWnobody' },
    { ...record, json: record.json.replace('cut', 'pause') },
  ])
    expect(await taker.receive(other)).toBe(false)
  const late = new RoomOrders({
    clock: turns.clock,
    session: '2000-aaaaaaaa' as SessionId,
    signer: ada,
    obeys: true,
    sessionOf: () => session,
    isMember: () => false,
    others: () => [{ peer: ada.id, session }],
    send: async () => {},
    carry: (_to, told) => void said.push(told),
    onOrder: () => {},
    count: () => {},
  })
  await late.give(cut('2'))
  expect(await taker.receive(said[1])).toBe(true)
  await turns.run(1_000)
  expect(done).toEqual([])
})

test('an order too long to be signed is refused where it is given', async () => {
  const { giver } = await lab()
  const crowd = Array.from({ length: 400 }, (_, index) => `12D3KooW${index}`.padEnd(52, 'x') as PeerId)
  const command = { kind: 'partition', groups: [[], crowd] } as const
  await expect(giver.give({ kind: 'begin', id: '1', command })).rejects.toMatchObject({ code: 'too-large' })
})
