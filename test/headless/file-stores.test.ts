/** The acceptance suite of stores, over files: on a disk that forgets what was not synced, and on this machine's own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { MemberId } from '../../src/consensus/raft/messages.ts'
import { FileLocks } from '../../src/headless/file-lock.ts'
import { FileStores } from '../../src/headless/file-stores.ts'
import { type Appending, type Files, nodeFiles } from '../../src/headless/files.ts'
import { Power } from '../suites/power.ts'
import { describeStorage, type StorageWorld, wentOff } from '../suites/raft-storage.ts'
import { ForgetfulDisk } from './support/forgetful-disk.ts'

const folder = 'decisions/room'

/** A machine whose disk is in memory. */
class DiskWorld extends ForgetfulDisk implements StorageWorld {
  async boot() {
    return new FileStores(this.files(), folder)
  }

  protected override wentOff(): void {
    wentOff(this)
  }

  async spoil(member: MemberId): Promise<void> {
    this.change(join(folder, member, 'log'), 50, 51) // a 2 becomes a 3
  }

  setFull(isFull: boolean): void {
    this.isFull = isFull
  }
}

describeStorage('files, on a disk that forgets what was not synced', async () => new DiskWorld(), { canBeFull: true })

/** This machine's own files, without crashes: a process cannot be killed between two of its own calls. */
class NodeWorld extends Power implements StorageWorld {
  readonly #path: string
  readonly #open = new Set<Appending>()

  constructor(path: string) {
    super()
    this.#path = path
  }

  protected override wentOff(): void {
    wentOff(this)
  }

  async boot() {
    const gate = this.gate()
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
