/**
 * The worker's end of the storage suite: stores of several lives, called by name, with crashes between the browser's transactions and
 * flushes of its files.
 */
import { systemClock } from '../../../src/base/system.ts'
import type { MemberId } from '../../../src/consensus/raft/messages.ts'
import { openIndexedStores } from '../../../src/consensus/storage/indexed.ts'
import { openJournals } from '../../../src/consensus/storage/journals.ts'
import type { MemberStore, MemberStores } from '../../../src/consensus/storage/store.ts'

const lives = new Map<number, MemberStores>()
const stores: MemberStore[] = []
let left = Number.POSITIVE_INFINITY
let writes = 0
let isOff = false

const { transaction } = IDBDatabase.prototype
IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...args: Parameters<typeof transaction>) {
  const begun = transaction.apply(this, args)
  // Its requests have been made, and none of them counts.
  if (args[1] === 'readwrite' && !lands()) queueMicrotask(() => begun.abort())
  return begun
}

const files = (globalThis as unknown as { FileSystemSyncAccessHandle: { prototype: { flush(): void } } })
  .FileSystemSyncAccessHandle.prototype
const { flush } = files
files.flush = function (this: unknown) {
  if (!lands()) throw new Error('the machine is off')
  flush.call(this)
}

function lands(): boolean {
  if (left-- > 0) writes++
  else isOff = true
  return !isOff
}

export async function boot(life: number, room: string): Promise<void> {
  const journals = await openJournals(systemClock)
  if (!journals) throw new Error('this browser has no private files')
  lives.set(life, await openIndexedStores({ room, clock: systemClock, journals }))
}

export async function call(life: number, name: string, json: string) {
  const answer = { value: 'null', error: undefined as { code: string; message: string } | undefined }
  try {
    const args = JSON.parse(json, (_, value) => (value?.rawBytes ? Uint8Array.from(value.rawBytes) : value))
    answer.value = JSON.stringify((await perform(life, name, args)) ?? null)
  } catch (error) {
    const { code = 'none', message } = error as { code?: string; message: string }
    answer.error = { code, message }
  }
  return { ...answer, writes, isOff }
}

async function perform(life: number, name: string, args: never[]): Promise<unknown> {
  const opened = lives.get(life)
  if (!opened) throw new Error(`no life ${life}`)
  const [first, second] = args as [never, never]
  if (name === 'open') {
    const found = await opened.open(first)
    if (typeof found === 'string') return found
    const number = stores.push(found.store) - 1
    return { number, epoch: found.store.epoch, restored: found.restored, key: [...found.key] }
  }
  if (name === 'write') return stores[first]?.write(revived(second))
  if (name === 'closeStore') return stores[first]?.close()
  if (name === 'list') return opened.list()
  if (name === 'create') return opened.create(first, second)
  if (name === 'setAside') return opened.setAside(first)
  if (name === 'remove') return opened.remove(first)
  return opened.close()
}

/** JSON has no undefined. */
function revived<T extends { snapshot?: unknown; hard: { votedFor?: unknown } }>(batch: T): T {
  return { ...batch, snapshot: batch.snapshot, hard: { ...batch.hard, votedFor: batch.hard.votedFor } }
}

export function crashAfter(count: number): void {
  left = count
  writes = 0
}

export function powerOn(): void {
  left = Number.POSITIVE_INFINITY
  isOff = false
  for (const store of stores) store.close() // a machine that went off has nothing open
}

export async function spoil(room: string, member: MemberId): Promise<void> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(`tabmesh-raft:${room}:${member}`)
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  const log = database.transaction('log', 'readwrite').objectStore('log')
  await new Promise<void>(resolve => {
    const request = log.get(2)
    request.onsuccess = () => {
      const record = request.result as { text: string }
      log.put({ ...record, text: record.text.replace('2', '3') }, 2)
    }
    log.transaction.oncomplete = () => resolve()
  })
  database.close()
}

export function end(): void {
  for (const store of stores) store.close()
  for (const opened of lives.values()) opened.close()
}

const functions = { boot, call, crashAfter, powerOn, spoil, end }
addEventListener('message', async ({ data: { port, name, args } }) => {
  const run = functions[name as keyof typeof functions] as (...args: unknown[]) => unknown
  try {
    port.postMessage({ value: await run(...args) })
  } catch (error) {
    port.postMessage({ error: String(error) })
  }
})
