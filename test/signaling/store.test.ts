/** A store that takes time or fails, as one shared by several instances will. */
import { expect, test } from 'vitest'
import { defaultLimits } from '../../signaling/limits.ts'
import { lineLog } from '../../signaling/log.ts'
import { MemoryStore } from '../../signaling/memory-store.ts'
import { Client, joined, roomB, serve, until } from './support.ts'

/** Does everything at once, but answers `join` and `find` only when let. */
class SlowStore extends MemoryStore {
  slow: 'join' | 'find' | undefined
  inFind = 0
  mostInFind = 0
  #waiting: (() => void)[] = []

  constructor() {
    super(defaultLimits, { next: () => 0 })
  }

  release(): void {
    this.slow = undefined
    for (const go of this.#waiting.splice(0)) go()
  }

  override async join(...args: Parameters<MemoryStore['join']>) {
    const result = super.join(...args)
    if (this.slow === 'join') await this.#held()
    return result
  }

  override async find(...args: Parameters<MemoryStore['find']>) {
    this.mostInFind = Math.max(this.mostInFind, ++this.inFind)
    if (this.slow === 'find') await this.#held()
    this.inFind -= 1
    return super.find(...args)
  }

  #held(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }
}

test('while the store is slow the server stops reading, and later goes on in order without loss', async () => {
  const store = new SlowStore()
  const { port, http } = await serve({ store, limits: { bytesBurst: 1e9, bufferedBytes: 1e8 } })
  const ada = await joined(port, 'session-ada')
  const bob = await joined(port, 'session-bob')
  const accepted = async () =>
    Number(/messages_total\{kind="signal"\} (\d+)/.exec(await (await fetch(`${http}/metrics`)).text())?.[1] ?? 0)
  store.slow = 'find'
  const total = 400
  for (let index = 0; index < total; index++)
    ada.say({ kind: 'signal', to: 'session-bob', data: `${index}_${'x'.repeat(60_000)}` })
  await until(async () => ((await accepted()) >= defaultLimits.waitingMessages ? true : undefined), 'the queue to fill')
  // What the kernel takes for us stays unread: were we reading, the counter would go on to the last message.
  const before = await accepted()
  await until(() => (ada.socket.bufferedAmount > 0 ? true : undefined), 'the sender to be held up')
  expect(before).toBeLessThan(total / 2)
  expect(await accepted()).toBe(before)
  store.release()
  await ada.drained()
  const heard = (await bob.drained()).map(message =>
    message.kind === 'signal' ? Number(message.data.split('_')[0]) : -1,
  )
  expect(heard).toEqual(Array.from({ length: total }, (_, index) => index))
  expect(store.mostInFind).toBe(1)
})

test('whoever is being let in hears nothing before its welcome, and all of it after', async () => {
  const store = new SlowStore()
  const { port } = await serve({ store })
  const ada = await new Client(port).opened()
  store.slow = 'join'
  ada.join('session-ada')
  await until(async () => ((await store.counts()).members === 1 ? true : undefined), 'the join to reach the store')
  store.slow = undefined
  const bob = await joined(port, 'session-bob')
  bob.say({ kind: 'signal', to: 'session-ada', data: 'early' })
  await bob.drained()
  expect(ada.heard).toEqual([])
  store.release()
  await ada.next('welcome').then(welcome => expect(welcome.members).toEqual([]))
  expect((await ada.drained()).map(message => message.kind)).toEqual(['joined', 'signal'])
})

test('who is gone before it was let in leaves no trace', async () => {
  const store = new SlowStore()
  const { port } = await serve({ store })
  const ada = await new Client(port).opened()
  store.slow = 'join'
  ada.join('session-ada')
  await until(async () => ((await store.counts()).members === 1 ? true : undefined), 'the join to reach the store')
  ada.socket.terminate()
  await ada.closed()
  store.release()
  await until(async () => ((await store.counts()).members === 0 ? true : undefined), 'the member to be gone')
})

test('a store that fails closes who asked with 1011, is counted, and is logged without a word of the room', async () => {
  class FailingStore extends MemoryStore {
    override async join(...args: Parameters<MemoryStore['join']>) {
      if (args[0] === roomB) throw new Error(`connection lost at room ${args[0]}`)
      return super.join(...args)
    }
  }
  const lines: string[] = []
  const log = lineLog(line => lines.push(line), Date.now)
  const { port, http } = await serve({ log, store: new FailingStore(defaultLimits, { next: () => 0 }) })
  const ada = await joined(port, 'session-ada')
  const bob = await new Client(port).opened()
  bob.join('session-bob', { room: roomB })
  expect(await bob.closed()).toEqual({ code: 1011, reason: 'the server failed' })
  expect(await (await fetch(`${http}/metrics`)).text()).toContain('tabmesh_signaling_store_failures_total 1\n')
  expect(lines.map(line => line.split(' ').slice(1))).toEqual([['signaling', 'store-failed']])
  expect(await ada.drained()).toEqual([])
})
