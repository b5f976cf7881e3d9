/** A disk in memory. A crash keeps what was synced, and of the rest as much as it likes: here half of it, a torn line. */
import type { Appending, Files } from '../../../src/headless/files.ts'
import { Power } from '../../suites/power.ts'

export class ForgetfulDisk extends Power {
  /** No room is left; of what was to be written, half is there. */
  isFull = false
  readonly #files = new Map<string, { bytes: number[]; synced: number }>()
  readonly #onOff: () => void

  /** `onOff`: a write met the end of its machine. */
  constructor(onOff: () => void = () => {}) {
    super()
    this.#onOff = onOff
  }

  protected override wentOff(): void {
    this.#onOff()
  }

  override powerOn(): void {
    super.powerOn()
    for (const file of this.#files.values()) {
      const torn = file.synced + Math.floor((file.bytes.length - file.synced) / 2)
      file.bytes.length = torn
      file.synced = torn
    }
  }

  get paths(): readonly string[] {
    return [...this.#files.keys()]
  }

  /** The first byte `from` in the file becomes `to`. */
  change(path: string, from: number, to: number): void {
    const file = this.#files.get(path)
    if (!file) throw new Error(`no file ${path}`)
    file.bytes[file.bytes.indexOf(from)] = to
  }

  /** As a process that starts now sees it, until the next crash. */
  files(): Files {
    const gate = this.gate()
    const write = async (change: () => void, half: () => void = () => {}) => {
      await Promise.resolve()
      if (this.isFull) {
        half()
        throw Object.assign(new Error('no room'), { code: 'ENOSPC' })
      }
      await gate()
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
          append: bytes =>
            write(
              () => void file.bytes.push(...bytes),
              () => void file.bytes.push(...bytes.subarray(0, bytes.length / 2)),
            ),
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
