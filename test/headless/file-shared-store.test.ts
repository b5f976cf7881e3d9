/** The acceptance suite of shared state's stores, over files: on a disk that forgets what was not synced, and on this machine's own. */
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { MemoryLocks } from '../../src/consensus/decisions/memory-locks.ts'
import { DocReplica } from '../../src/crdt/doc-replica.ts'
import { Keeper } from '../../src/crdt/storage/keeper.ts'
import type { SharedStore } from '../../src/crdt/storage/store.ts'
import { FileLocks } from '../../src/headless/file-lock.ts'
import { openFileSharedStore } from '../../src/headless/file-shared-store.ts'
import { nodeFiles } from '../../src/headless/files.ts'
import { HandClock } from '../crdt/memory/support.ts'
import { bytes, describeSharedStore, joined } from '../suites/shared-store.ts'
import { ForgetfulDisk } from './support/forgetful-disk.ts'

const folder = 'shared/room'
const open = (disk: ForgetfulDisk, bytesMax?: number) =>
  openFileSharedStore({
    files: disk.files(),
    folder,
    locks: new MemoryLocks(),
    ...(bytesMax !== undefined && { bytesMax }),
  })

const folders: string[] = []
async function newFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'tabmesh-'))
  folders.push(path)
  return path
}
const opened: SharedStore[] = []
afterEach(async () => {
  for (const store of opened.splice(0)) store.close()
  for (const path of folders.splice(0)) await rm(path, { recursive: true, force: true })
})

async function openHere(path: string): Promise<SharedStore> {
  const store = await openFileSharedStore({ files: nodeFiles, folder: path, locks: new FileLocks(path) })
  opened.push(store)
  return store
}

/** Opens it once the former one has let go. */
async function openAfter(former: SharedStore, path: string): Promise<SharedStore> {
  former.close()
  for (;;) {
    const store = await openHere(path).catch(() => undefined)
    if (store) return store
    await new Promise(resolve => setImmediate(resolve))
  }
}

describeSharedStore('files, on a disk that forgets what was not synced', () => {
  const disk = new ForgetfulDisk()
  return {
    open: () => open(disk),
    again: () => {
      disk.powerOn()
      return open(disk)
    },
  }
})

describeSharedStore('files of this machine', async () => {
  const path = await newFolder()
  return { open: () => openHere(path), again: former => openAfter(former, path) }
})

describe('a crash', () => {
  /** Appends and compacts until the machine is off; returns what was acknowledged. */
  async function live(store: SharedStore, off: Promise<void>): Promise<{ acknowledged: number; asked: number }> {
    let [acknowledged, asked] = [0, 0]
    const life = async () => {
      for (let number = 1; number <= 12; number++) {
        asked = number
        await store.append('doc/a', bytes(number))
        acknowledged = number
        if (number % 4 === 0) await store.compact('doc/a', joined)
      }
    }
    await Promise.race([life(), off])
    return { acknowledged, asked }
  }

  test('after any of its writes loses nothing acknowledged, keeps nothing by halves, and the next life goes on', async () => {
    for (let writes = 0; ; writes++) {
      let isOff = false
      let switchOff = () => {}
      const off = new Promise<void>(resolve => {
        switchOff = resolve
      })
      const disk = new ForgetfulDisk(() => {
        isOff = true
        switchOff()
      })
      const store = await open(disk)
      disk.crashAfter(writes)
      const { acknowledged, asked } = await live(store, off)
      disk.powerOn()
      const again = await open(disk)
      const found = [...joined(await again.load('doc/a'))]
      const at = `after ${writes} writes`
      expect(found, at).toEqual(Array.from({ length: found.length }, (_, place) => place + 1))
      expect(found.length, at).toBeGreaterThanOrEqual(acknowledged)
      expect(found.length, at).toBeLessThanOrEqual(asked)
      await again.append('doc/a', bytes(found.length + 1))
      disk.powerOn()
      expect([...joined(await (await open(disk)).load('doc/a'))], at).toEqual([...found, found.length + 1])
      if (!isOff) break
    }
  })

  test('leaves a torn line, which is cut off before the next one is written', async () => {
    const path = await newFolder()
    const store = await openHere(path)
    await store.append('doc/a', bytes(1))
    const [file = ''] = (await readdir(path)).filter(name => name.endsWith('.updates'))
    await appendFile(join(path, file), '{"schema":1,"text":"{\\"sch')
    const again = await openAfter(store, path)
    expect(await again.load('doc/a')).toEqual([bytes(1)])
    await again.append('doc/a', bytes(2))
    expect(await (await openAfter(again, path)).load('doc/a')).toEqual([bytes(1), bytes(2)])
  })
})

test('a line that has rotted is skipped, and the others are read', async () => {
  const disk = new ForgetfulDisk()
  const store = await open(disk)
  for (const update of [bytes(1), bytes(2), bytes(3)]) await store.append('doc/a', update)
  const [path = ''] = disk.paths
  disk.change(path, 'd'.charCodeAt(0), 'e'.charCodeAt(0)) // in the first line
  const again = await open(disk)
  expect(await again.load('doc/a')).toEqual([bytes(2), bytes(3)])
  await again.append('doc/a', bytes(4))
  expect(await (await open(disk)).load('doc/a')).toEqual([bytes(2), bytes(3), bytes(4)])
})

test('a disk without room says so, keeps what it had, and takes more when there is room again', async () => {
  const disk = new ForgetfulDisk()
  const store = await open(disk)
  await store.append('doc/a', bytes(1))
  await store.append('doc/a', bytes(2))
  disk.isFull = true
  await expect(store.append('doc/a', bytes(3))).rejects.toMatchObject({ code: 'storage-full' })
  await expect(store.compact('doc/a', joined)).rejects.toMatchObject({ code: 'storage-full' })
  expect(await store.load('doc/a')).toEqual([bytes(1), bytes(2)])
  disk.isFull = false
  await store.append('doc/a', bytes(4))
  expect(await (await open(disk)).load('doc/a')).toEqual([bytes(1), bytes(2), bytes(4)])
})

test('a folder has a limit of its own', async () => {
  const store = await open(new ForgetfulDisk(), 400)
  await store.append('doc/a', bytes(1))
  await expect(store.append('doc/b', new Uint8Array(400))).rejects.toMatchObject({ code: 'storage-full' })
  expect(await store.load('doc/a')).toEqual([bytes(1)])
  expect(await store.load('doc/b')).toEqual([])
})

test('one process has a folder at a time', async () => {
  const path = await newFolder()
  const store = await openHere(path)
  await expect(openHere(path)).rejects.toMatchObject({ code: 'storage-lost' })
  const next = await openAfter(store, path)
  await expect(store.append('doc/a', bytes(1))).rejects.toMatchObject({ code: 'storage-lost' })
  await next.append('doc/a', bytes(2))
})

test('a document kept in files is there again, also after many edits made it one record', async () => {
  const path = await newFolder()
  const keep = async (store: SharedStore) => {
    const keeper = new Keeper({
      store,
      clock: new HandClock(),
      fresh: name => new DocReplica(name),
      onTrouble: () => {},
    })
    const replica = new DocReplica('doc/a')
    await keeper.open(replica)
    await keeper.becomeWriter()
    return { keeper, replica }
  }
  const first = await openHere(path)
  const { keeper, replica } = await keep(first)
  for (let at = 0; at < 450; at++) {
    replica.doc.getText('text').insert(0, 'x')
    await keeper.flush()
    while ((await first.load('doc/a')).length === 0) await new Promise(resolve => setImmediate(resolve))
  }
  await keeper.flush()
  const second = await openAfter(first, path)
  expect((await second.load('doc/a')).length).toBeLessThan(250)
  const again = await keep(second)
  expect(again.replica.doc.getText('text').toString()).toBe('x'.repeat(450))
})
