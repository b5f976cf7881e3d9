/** The few things a store does with a file system, so that a test can stop the machine between any two of them. */
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A file that grows at its end. */
export interface Appending {
  append(bytes: Uint8Array): Promise<void>
  /** What was appended is durable when it resolves. */
  sync(): Promise<void>
  close(): Promise<void>
}

export interface Files {
  /** Undefined where there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>
  /** Names in a folder; none where there is no such folder. */
  list(folder: string): Promise<readonly string[]>
  makeFolder(folder: string): Promise<void>
  /** Cut to `length` bytes first: what is after them is torn. */
  openToAppend(path: string, length: number): Promise<Appending>
  /** The whole content, durable under this name when it resolves; the former one until then. */
  replace(path: string, bytes: Uint8Array): Promise<void>
  remove(path: string): Promise<void>
}

export const nodeFiles: Files = {
  async read(path) {
    return readFile(path).catch(missing)
  },
  async list(folder) {
    return (await readdir(folder).catch(missing)) ?? []
  },
  async makeFolder(folder) {
    await mkdir(folder, { recursive: true })
    await syncFolder(dirname(folder))
  },
  async openToAppend(path, length) {
    const file = await open(path, 'a+')
    await file.truncate(length)
    return appending(file)
  },
  async replace(path, bytes) {
    const beside = `${path}.new`
    const file = await open(beside, 'w')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
    await syncFolder(dirname(path)) // the name, not only the content, must survive
  },
  async remove(path) {
    await rm(path, { recursive: true, force: true })
    await syncFolder(dirname(path)).catch(missing)
  },
}

function appending(file: FileHandle): Appending {
  return {
    append: async bytes => void (await file.appendFile(bytes)),
    sync: () => file.datasync(),
    close: () => file.close(),
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
