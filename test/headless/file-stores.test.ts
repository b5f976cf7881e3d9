/** The acceptance suite of stores, over files: on a disk that forgets what was not synced, and on this machine's own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { MemberId } from '../../src/consensus/raft/messages.ts'
import { FileLocks } from '../../src/headless/file-lock.ts'
import { FileStores } from '../../src/headless/file-stores.ts'
import { type Appending, type Files, nodeFiles } from '../../src/headless/files.ts'
import { describeStorage, type StorageWorld, wentOff } from '../suites/raft-storage.ts'

const folder = 'decisions/room'

/** A disk in memory. A crash keeps what was synced, and of the rest as much as it likes: here half of it, a torn line. */
class DiskWorld implements StorageWorld {
  writes = 0
  readonly #files = new Map<string, { bytes: number[]; synced: number }>()
  #left = Number.POSITIVE_INFINITY
  #isFull = false
  #life = 0

  async boot() {
    return new FileStores(this.#disk(this.#life), folder)
  }

  crashAfter(count: number): void {
    this.#left = count
    this.writes = 0
  }

  powerOn(): void {
    this.#life++
    this.#left = Number.POSITIVE_INFINITY
    for (const file of this.#files.values()) {
      const torn = file.synced + Math.floor((file.bytes.length - file.synced) / 2)
      file.bytes.length = torn
      file.synced = torn
    }
  }

  async spoil(member: MemberId): Promise<void> {
    const log = this.#files.get(join(folder, member, 'log'))
    if (!log) throw new Error('no log')
    const at = log.bytes.indexOf(50) // a 2
    log.bytes[at] = 51
  }

  setFull(isFull: boolean): void {
    this.#isFull = isFull
  }

  #disk(life: number): Files {
    const write = async (change: () => void) => {
      await Promise.resolve()
      if (this.#isFull) throw Object.assign(new Error('no room'), { code: 'ENOSPC' })
      if (life !== this.#life || this.#left-- <= 0) {
        wentOff(this)
        await new Promise(() => {})
      }
      this.writes++
      change()
    }
    return {
      read: async path => {
        const file = this.#files.get(path)
        return file && Uint8Array.from(file.bytes)
      },
      list: async where => {
        const inside = [...this.#files.keys()].filter(path => path.startsWith(`${where}/`))
        return [...new Set(inside.map(path => path.slice(where.length + 1).split('/')[0] as string))]
      },
      makeFolder: () => write(() => {}),
      replace: (path, bytes) => write(() => this.#files.set(path, { bytes: [...bytes], synced: bytes.length })),
      remove: path =>
        write(() => {
          for (const known of this.#files.keys())
            if (known === path || known.startsWith(`${path}/`)) this.#files.delete(known)
        }),
      openToAppend: async (path, length): Promise<Appending> => {
        const file = this.#files.get(path) ?? { bytes: [], synced: 0 }
        file.bytes.length = length
        file.synced = Math.min(file.synced, length)
        this.#files.set(path, file)
        return {
          append: bytes => write(() => void file.bytes.push(...bytes)),
          sync: () =>
            write(() => {
              file.synced = file.bytes.length
            }),
          close: async () => {},
        }
      },
    }
  }
}

describeStorage('files, on a disk that forgets what was not synced', async () => new DiskWorld(), { canBeFull: true })

/** This machine's own files, without crashes: a process cannot be killed between two of its own calls. */
class NodeWorld implements StorageWorld {
  writes = 0
  readonly #path: string
  #left = Number.POSITIVE_INFINITY
  #life = 0
  readonly #open = new Set<Appending>()

  constructor(path: string) {
    this.#path = path
  }

  async boot() {
    const life = this.#life
    const gate = async () => {
      if (life === this.#life && this.#left-- > 0) this.writes++
      else {
        wentOff(this)
        await new Promise(() => {})
      }
    }
    const gated: Files = {
      ...nodeFiles,
      makeFolder: path => gate().then(() => nodeFiles.makeFolder(path)),
      replace: (path, bytes) => gate().then(() => nodeFiles.replace(path, bytes)),
      remove: path => gate().then(() => nodeFiles.remove(path)),
      openToAppend: async (path, length) => {
        const file = await nodeFiles.openToAppend(path, length)
        this.#open.add(file) // a process that is off closes nothing
        return { ...file, append: bytes => gate().then(() => file.append(bytes)) }
      },
    }
    return new FileStores(gated, this.#path)
  }

  crashAfter(count: number): void {
    this.#left = count
    this.writes = 0
  }

  powerOn(): void {
    this.#life++
    this.#left = Number.POSITIVE_INFINITY
  }

  async spoil(member: MemberId): Promise<void> {
    await writeFile(join(this.#path, member, 'log'), 'spoiled\n')
  }

  async end(): Promise<void> {
    for (const file of this.#open) await file.close().catch(() => {}) // closed already, most of them
    await rm(this.#path, { recursive: true, force: true })
  }
}

describeStorage('files of this machine', async () => new NodeWorld(await mkdtemp(join(tmpdir(), 'tabmesh-'))))

describe('a lock among processes', () => {
  test('is had by one, free once it is released, and taken over from a process that is gone', async () => {
    const path = await mkdtemp(join(tmpdir(), 'tabmesh-'))
    try {
      const [here, there] = [new FileLocks(path), new FileLocks(path)]
      const lease = await here.claim('tabmesh:member:ada')
      expect(lease).toBeDefined()
      expect(await here.claim('tabmesh:member:ada')).toBeUndefined()
      expect(await there.claim('tabmesh:member:ada')).toBeUndefined()
      expect(await there.claim('tabmesh:member:bob')).toBeDefined()
      await writeFile(join(path, `${encodeURIComponent('tabmesh:member:cyd')}.lock`), '999999999 1')
      expect(await there.claim('tabmesh:member:cyd')).toBeDefined()
      expect(await here.claim('tabmesh:member:cyd')).toBeUndefined()
    } finally {
      await rm(path, { recursive: true, force: true })
    }
  })
})
