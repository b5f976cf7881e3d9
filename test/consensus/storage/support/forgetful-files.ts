/** A browser's private files on a machine that may go off: what was not flushed is then there by halves. */
import type { SyncFile } from '../../../../src/consensus/storage/journal.ts'
import type { Journals } from '../../../../src/consensus/storage/journals.ts'

interface Stored {
  /** What would be found after a crash. */
  durable: Uint8Array
  now: Uint8Array
  open: symbol | undefined
}

export class ForgetfulFiles implements Journals {
  isFull = false
  onFlush = () => {}
  readonly #stored = new Map<string, Stored>()
  /** Whether the flush that begins still lands. */
  readonly #lands: () => boolean

  constructor(lands: () => boolean = () => true) {
    this.#lands = lands
  }

  async open(name: string) {
    const found = this.#stored.get(name)
    if (found?.open) return 'busy' as const
    const stored: Stored = found ?? { durable: new Uint8Array(0), now: new Uint8Array(0), open: undefined }
    this.#stored.set(name, stored)
    return { file: this.file(stored), isNew: !found }
  }

  async remove(name: string): Promise<void> {
    this.#stored.delete(name)
  }

  /** The machine went off and is on again: nobody has a file open. */
  powerOn(): void {
    for (const stored of this.#stored.values()) {
      stored.now = stored.durable
      stored.open = undefined
    }
  }

  /** The bytes of the one file there is. */
  get bytes(): Uint8Array {
    return this.#only.now
  }

  set bytes(bytes: Uint8Array) {
    this.#only.now = bytes
  }

  get #only(): Stored {
    const [only] = this.#stored.values()
    if (!only) throw new Error('there is no file')
    return only
  }

  private file(stored: Stored): SyncFile {
    const us = Symbol()
    stored.open = us
    const checked = () => {
      if (stored.open !== us) throw new DOMException('it was closed', 'InvalidStateError')
    }
    return {
      getSize: () => stored.now.length,
      read: (bytes, { at }) => {
        const part = stored.now.subarray(at, at + bytes.length)
        bytes.set(part)
        return part.length
      },
      write: (bytes, { at }) => {
        checked()
        const room = this.isFull ? Math.floor(bytes.length / 2) : bytes.length
        const next = new Uint8Array(Math.max(stored.now.length, at + room))
        next.set(stored.now)
        next.set(bytes.subarray(0, room), at)
        stored.now = next
        return room
      },
      truncate: length => {
        checked()
        stored.now = stored.now.slice(0, length)
      },
      flush: () => {
        checked()
        this.onFlush()
        if (this.#lands()) stored.durable = stored.now.slice()
        else {
          // Half of what is new reaches the disk, and nobody is told.
          stored.durable = stored.now.slice(0, Math.ceil((stored.durable.length + stored.now.length) / 2))
          throw new DOMException('the machine is off', 'UnknownError')
        }
      },
      close: () => {
        if (stored.open === us) stored.open = undefined
      },
    }
  }
}
