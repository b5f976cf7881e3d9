/**
 * The newest batches of a member, in a file that its host alone has open: what was written since the last record of its database
 * (decision 10). A line for each batch, with the number of that record; lines of an earlier one are void.
 *
 * Invariants
 * N1  A batch is reported when it is flushed; one that was not is the last line, torn or whole, or not there.
 * N2  A line that cannot be read, with a live one behind it, was acknowledged: then nothing of the file is given out (P3).
 */
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import { journalBytesMax } from './limits.ts'
import { linesOf, sealedLine } from './lines.ts'
import { type BatchRecord, parseBatchValue, unseal } from './record.ts'

/** What is used of a FileSystemSyncAccessHandle. */
export interface SyncFile {
  getSize(): number
  read(bytes: Uint8Array, options: { readonly at: number }): number
  write(bytes: Uint8Array, options: { readonly at: number }): number
  truncate(length: number): void
  /** What was written is durable when it returns. */
  flush(): void
  /** From here on somebody else may open it. */
  close(): void
}

const lineSchema = v.strictObject({ after: v.pipe(v.number(), v.safeInteger()), batch: v.unknown() })

export class Journal {
  readonly #file: SyncFile
  /** Number of the database's record that the lines come after. */
  #after: number
  /** Bytes of its live lines. */
  #length: number
  /** There is more in the file than those: void lines, or a torn one. */
  #isUntidy: boolean
  readonly #records: BatchRecord[]

  private constructor(file: SyncFile, after: number, length: number, records: BatchRecord[]) {
    this.#file = file
    this.#after = after
    this.#length = length
    this.#isUntidy = file.getSize() > length
    this.#records = records
  }

  /** Undefined where it cannot be read whole, or comes after a record that the database does not have. */
  static open(file: SyncFile, after: number): Journal | undefined {
    const bytes = new Uint8Array(file.getSize())
    file.read(bytes, { at: 0 })
    const records: BatchRecord[] = []
    let length = 0
    let isBroken = false
    for (const { record, end } of linesOf(bytes)) {
      const line = parseLine(record)
      if (!line) {
        isBroken = true
        continue
      }
      if (line.after < after) continue // the database has it
      if (isBroken || line.after > after) return undefined
      records.push(line.batch)
      length = end
    }
    return new Journal(file, after, length, records)
  }

  /** In their order. */
  get records(): readonly BatchRecord[] {
    return this.#records
  }

  /** Durable when it returns true; false where there is no room for it before the database takes up the rest. */
  append(batch: BatchRecord): boolean {
    const bytes = sealedLine({ after: this.#after, batch })
    if (this.#length + bytes.length > journalBytesMax) return false
    if (this.#isUntidy) this.#file.truncate(this.#length)
    this.#isUntidy = true
    const written = this.#file.write(bytes, { at: this.#length })
    if (written < bytes.length) throw new DOMException('a line was written by halves', 'QuotaExceededError')
    this.#file.flush()
    this.#isUntidy = false
    this.#length += bytes.length
    this.#records.push(batch)
    return true
  }

  /** The database has all of it, and its newest record is `after`. */
  restart(after: number): void {
    this.#after = after
    this.#isUntidy ||= this.#length > 0
    this.#length = 0
    this.#records.length = 0
  }

  close(): void {
    this.#file.close()
  }
}

function parseLine(record: unknown): { after: number; batch: BatchRecord } | undefined {
  const line = v.safeParse(lineSchema, unseal(record))
  if (!line.success) return undefined
  const { after } = line.output
  const batch = parseBatchValue(line.output.batch)
  return batch instanceof MeshError ? undefined : { after, batch }
}
