/**
 * Locks among the processes of one machine: a file that names its holder. One whose process is gone is taken over by renaming
 * another into its place, and whoever finds its own name there afterwards has it. Never waits, as Raft's hosts must not.
 */
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Lease, Locks } from '../consensus/decisions/platform.ts'

export class FileLocks implements Locks {
  readonly #folder: string
  readonly #held = new Set<string>()
  #number = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  async claim(name: string): Promise<Lease | undefined> {
    const path = join(this.#folder, `${encodeURIComponent(name)}.lock`)
    if (this.#held.has(path)) return undefined
    this.#held.add(path)
    const holder = `${process.pid} ${++this.#number}`
    const isOurs = await this.#take(path, holder).catch(error => {
      this.#held.delete(path)
      throw error
    })
    if (!isOurs) this.#held.delete(path)
    if (!isOurs) return undefined
    const release = () => {
      if (this.#held.delete(path)) void rm(path, { force: true })
    }
    return { release, onLost: () => {} }
  }

  async #take(path: string, holder: string): Promise<boolean> {
    await mkdir(this.#folder, { recursive: true })
    const own = `${path}.${process.pid}-${this.#number}`
    await writeFile(own, holder)
    try {
      await link(own, path) // fails where the file is there, and is there whole at once
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    } finally {
      await rm(own, { force: true })
    }
    const known = await readFile(path, 'utf8').catch(() => undefined)
    if (known === undefined || isAlive(Number.parseInt(known, 10))) return false
    await writeFile(own, holder)
    await rename(own, path)
    return (await readFile(path, 'utf8')) === holder
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
