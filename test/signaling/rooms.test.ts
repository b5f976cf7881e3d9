import { describe, expect, test } from 'vitest'
import { Client, FakeClock, joined, roomA, roomB, serve } from './support.ts'

describe('a room', () => {
  test('shows the first nobody, and later ones everyone who is there, longest first', async () => {
    const { port } = await serve()
    const ada = await new Client(port).opened()
    ada.join('session-ada', { hello: 'sealed-ada' })
    expect(await ada.next('welcome')).toEqual({ kind: 'welcome', members: [], sameTag: 0 })
    await joined(port, 'session-bob', { hello: 'sealed-bob' })
    const cyd = await new Client(port).opened()
    cyd.join('session-cyd')
    expect((await cyd.next('welcome')).members).toEqual([
      { session: 'session-ada', hello: 'sealed-ada' },
      { session: 'session-bob', hello: 'sealed-bob' },
    ])
  })

  test('lets exactly one of many who join at once see nobody, and of any two the later see the earlier', async () => {
    const { port } = await serve()
    const clients = await Promise.all(Array.from({ length: 24 }, () => new Client(port).opened()))
    clients.forEach((client, index) => {
      client.join(`session-${index}`)
    })
    const welcomes = await Promise.all(clients.map(client => client.next('welcome')))
    expect(welcomes.map(welcome => welcome.members.length).sort((a, b) => a - b)).toEqual(
      clients.map((_, index) => index),
    )
    // Each one hears of all the others, by its welcome or by `joined`, and of nobody twice.
    for (const [index, client] of clients.entries()) {
      const later = (await client.drained()).flatMap(message =>
        message.kind === 'joined' ? message.member.session : [],
      )
      const earlier = welcomes[index]?.members.map(member => member.session) ?? []
      expect(new Set([...earlier, ...later]).size).toBe(23)
      expect([...earlier, ...later]).toHaveLength(23)
    }
  })

  test('tells the others who came, changed its hello, and left', async () => {
    const { port } = await serve()
    const ada = await joined(port, 'session-ada')
    const bob = await joined(port, 'session-bob', { hello: 'first' })
    bob.say({ kind: 'hello', hello: 'second' })
    bob.say({ kind: 'leave' })
    await bob.drained()
    expect(await ada.drained()).toEqual([
      { kind: 'joined', member: { session: 'session-bob', hello: 'first' } },
      { kind: 'hello', session: 'session-bob', hello: 'second' },
      { kind: 'left', session: 'session-bob', reason: 'left' },
    ])
  })

  test('keeps the newest hello for those who come later', async () => {
    const { port } = await serve()
    const ada = await joined(port, 'session-ada', { hello: 'first' })
    ada.say({ kind: 'hello', hello: 'second' })
    await ada.drained()
    const bob = await new Client(port).opened()
    bob.join('session-bob')
    expect((await bob.next('welcome')).members).toEqual([{ session: 'session-ada', hello: 'second' }])
  })

  test('tells the others of a socket that closes without a word', async () => {
    const { port } = await serve()
    const ada = await joined(port, 'session-ada')
    const bob = await joined(port, 'session-bob')
    bob.socket.terminate()
    expect(await ada.next('left')).toEqual({ kind: 'left', session: 'session-bob', reason: 'closed' })
  })

  test('relays signals in order to the one they are for, with the sender the server saw', async () => {
    const { port } = await serve()
    const [ada, bob, cyd] = [
      await joined(port, 'session-ada'),
      await joined(port, 'session-bob'),
      await joined(port, 'session-cyd'),
    ]
    await Promise.all([ada.drained(), bob.drained(), cyd.drained()])
    for (let index = 0; index < 200; index++) ada.say({ kind: 'signal', to: 'session-bob', data: `n${index}` })
    await ada.drained()
    expect(await bob.drained()).toEqual(
      Array.from({ length: 200 }, (_, index) => ({ kind: 'signal', from: 'session-ada', data: `n${index}` })),
    )
    expect(await cyd.drained()).toEqual([])
  })

  test('relays the largest signal that the protocol allows', async () => {
    const { port } = await serve()
    const ada = await joined(port, 'session-ada')
    const bob = await joined(port, 'session-bob')
    ada.say({ kind: 'signal', to: 'session-bob', data: 'x'.repeat(65_536) })
    expect((await bob.next('signal')).data).toHaveLength(65_536)
  })

  test('is closed to those outside: a signal to a session of another room finds nobody', async () => {
    const { port } = await serve()
    const ada = await joined(port, 'session-ada', { room: roomA })
    const bob = await joined(port, 'session-bob', { room: roomB })
    bob.say({ kind: 'signal', to: 'session-ada', data: 'x' })
    expect(await bob.next('error')).toMatchObject({
      code: 'unknown-session',
      message: expect.stringContaining('session-ada'),
    })
    expect(await ada.drained()).toEqual([])
  })

  test('answers whoever speaks before joining, or joins twice, and lets them go on', async () => {
    const { port } = await serve()
    const ada = await new Client(port).opened()
    ada.say({ kind: 'signal', to: 'session-bob', data: 'x' })
    ada.say({ kind: 'hello', hello: 'x' })
    ada.say({ kind: 'leave' })
    ada.join('session-ada')
    ada.join('session-ada')
    const codes = (await ada.drained()).map(message => (message.kind === 'error' ? message.code : message.kind))
    expect(codes).toEqual(['not-joined', 'not-joined', 'not-joined', 'welcome', 'already-joined'])
  })

  test('can be left for another on the same socket, which then hears of the new one alone', async () => {
    const { port } = await serve()
    const ada = await joined(port, 'session-ada', { room: roomA })
    ada.say({ kind: 'leave' })
    ada.join('session-ada', { room: roomB })
    await ada.next('welcome')
    await joined(port, 'session-old', { room: roomA })
    await joined(port, 'session-new', { room: roomB })
    expect(await ada.drained()).toEqual([{ kind: 'joined', member: { session: 'session-new', hello: 'hello' } }])
  })
})

describe('a session that joins again', () => {
  test('takes over: the old socket closes with 4409 and the others hear of a new hello only', async () => {
    const { port } = await serve()
    const ada = await joined(port, 'session-ada')
    const old = await joined(port, 'session-bob', { hello: 'old' })
    await ada.drained()
    const young = await new Client(port).opened()
    young.join('session-bob', { hello: 'young' })
    expect((await young.next('welcome')).members.map(member => member.session)).toEqual(['session-ada'])
    expect(await old.closed()).toEqual({ code: 4409, reason: expect.any(String) })
    ada.say({ kind: 'signal', to: 'session-bob', data: 'to-whom' })
    expect((await young.next('signal')).data).toBe('to-whom')
    expect(await ada.drained()).toEqual([{ kind: 'hello', session: 'session-bob', hello: 'young' }])
  })
})

describe('a knock', () => {
  test('reaches one member of each other room of the same tag, and answers come back', async () => {
    const { port } = await serve()
    const same = [
      await joined(port, 'session-bob', { room: roomB }),
      await joined(port, 'session-cyd', { room: roomB }),
    ]
    const otherTag = await joined(port, 'session-dan', { room: 'd'.repeat(64), tag: '123' })
    const ada = await new Client(port).opened()
    ada.join('session-ada', { room: roomA })
    expect((await ada.next('welcome')).sameTag).toBe(1)
    await Promise.all(same.map(client => client.drained()))

    ada.say({ kind: 'knock', data: 'who-is-there' })
    await ada.drained()
    const heard = await Promise.all(same.map(client => client.drained()))
    expect(heard.map(messages => messages.length).sort()).toEqual([0, 1])
    const knocked = heard.findIndex(messages => messages.length === 1)
    const [knock] = heard[knocked] ?? []
    expect(knock).toEqual({ kind: 'knock', knock: expect.any(String), data: 'who-is-there' })
    expect(await otherTag.drained()).toEqual([])

    same[knocked]?.say({ kind: 'knock-reply', knock: knock?.kind === 'knock' ? knock.knock : '', data: 'we-are' })
    expect(await ada.next('knock-reply')).toEqual({ kind: 'knock-reply', data: 'we-are' })
  })

  test('goes no further than eight rooms', async () => {
    const { port } = await serve()
    const others = await Promise.all(
      Array.from({ length: 10 }, (_, index) => joined(port, `session-${index}`, { room: String(index).repeat(64) })),
    )
    const ada = await joined(port, 'session-ada')
    ada.say({ kind: 'knock', data: 'x' })
    await ada.drained()
    const heard = await Promise.all(others.map(client => client.drained()))
    expect(heard.flat()).toHaveLength(8)
  })

  test('takes as many answers as rooms it may reach, and none that were not asked for', async () => {
    const { port } = await serve()
    const bob = await joined(port, 'session-bob', { room: roomB })
    const ada = await joined(port, 'session-ada', { room: roomA })
    ada.say({ kind: 'knock', data: 'x' })
    const { knock } = await bob.next('knock')
    const forged = `${knock.split('_')[0]}_${'0'.repeat(21)}`
    bob.say({ kind: 'knock-reply', knock: forged, data: 'forged' })
    bob.say({ kind: 'knock-reply', knock: 'nobody-at-all', data: 'forged' })
    for (let index = 0; index < 20; index++) bob.say({ kind: 'knock-reply', knock, data: `n${index}` })
    await bob.drained()
    const answers = (await ada.drained()).map(message => (message.kind === 'knock-reply' ? message.data : message.kind))
    expect(answers).toEqual(['n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'])
  })

  test('can be answered for half a minute', async () => {
    const clock = new FakeClock()
    const { port } = await serve({ clock, limits: { missedHeartbeats: 1000 } })
    const bob = await joined(port, 'session-bob', { room: roomB })
    const ada = await joined(port, 'session-ada', { room: roomA })
    ada.say({ kind: 'knock', data: 'x' })
    const { knock } = await bob.next('knock')
    clock.advance(30_000)
    bob.say({ kind: 'knock-reply', knock, data: 'in-time' })
    await bob.drained()
    clock.advance(1)
    bob.say({ kind: 'knock-reply', knock, data: 'too-late' })
    await bob.drained()
    expect(await ada.drained()).toEqual([{ kind: 'knock-reply', data: 'in-time' }])
  })

  test('is forgotten once the same tab has knocked four times more', async () => {
    const { port } = await serve()
    const bob = await joined(port, 'session-bob', { room: roomB })
    const ada = await joined(port, 'session-ada', { room: roomA })
    for (let index = 0; index < 5; index++) ada.say({ kind: 'knock', data: `n${index}` })
    for (let index = 0; index < 5; index++)
      bob.say({ kind: 'knock-reply', knock: (await bob.next('knock')).knock, data: `to-${index}` })
    await bob.drained()
    const answers = (await ada.drained()).map(message => (message.kind === 'knock-reply' ? message.data : message.kind))
    expect(answers).toEqual(['to-1', 'to-2', 'to-3', 'to-4'])
  })
})
