/** Where members' journals lie in a browser: files of this origin that nobody else sees (OPFS), each open in one worker at most. */
import type { Clock } from '../../base/clock.ts'
import type { SyncFile } from './journal.ts'
import { journalBusyMs } from './limits.ts'

const folderName = 'tabmesh-raft'
const retryMs = 10

export interface JournalFile {
  readonly file: SyncFile
  /** There was no such file. */
  readonly isNew: boolean
}

export interface Journals {
  /** `busy` where another life has it open. */
  open(name: string): Promise<JournalFile | 'busy'>
  remove(name: string): Promise<void>
}

/** Undefined where this browser has no such files (a private window of Firefox): then the database alone has to do. */
export async function openJournals(clock: Clock): Promise<Journals | undefined> {
  try {
    const root = await navigator.storage.getDirectory()
    const folder = await root.getDirectoryHandle(folderName, { create: true })
    return 'createSyncAccessHandle' in FileSystemFileHandle.prototype ? new PrivateFiles(folder, clock) : undefined
  } catch {
    return undefined
  }
}

class PrivateFiles implements Journals {
  readonly #folder: FileSystemDirectoryHandle
  readonly #clock: Clock

  constructor(folder: FileSystemDirectoryHandle, clock: Clock) {
    this.#folder = folder
    this.#clock = clock
  }

  async open(name: string): Promise<JournalFile | 'busy'> {
    const found = await this.#folder.getFileHandle(name).catch(unless('NotFoundError'))
    const handle = found ?? (await this.#folder.getFileHandle(name, { create: true }))
    const untilMs = this.#clock.monotonicMs() + journalBusyMs
    for (;;) {
      // Only workers have it, and so have only their types.
      const file = await (handle as unknown as { createSyncAccessHandle(): Promise<SyncFile> })
        .createSyncAccessHandle()
        .catch(unless('NoModificationAllowedError'))
      if (file) return { file, isNew: !found }
      if (this.#clock.monotonicMs() >= untilMs) return 'busy'
      await new Promise<void>(resolve => this.#clock.after(retryMs, resolve))
    }
  }

  async remove(name: string): Promise<void> {
    await this.#folder.removeEntry(name).catch(unless('NotFoundError'))
  }
}

const unless = (name: string) => (error: unknown) => {
  if ((error as Error).name !== name) throw error
  return undefined
}
