/**
 * A Yjs document as a replica. What comes from others is decoded before it touches the document, and whatever Yjs makes of it, nothing
 * is thrown and the document stays one that can be written out and read again.
 *
 * 1. The digest covers state vector and deletions: a vector alone does not show that a deletion is missing.
 * 2. An update is first applied to an empty document, as large as the update and not as the document. What fails there changes nothing here:
 *    Yjs would integrate one half of it before it throws.
 * 3. Where integrating fails all the same, the document is checked by a round trip; one that fails it is not used any more.
 */
import * as Y from 'yjs'
import { MeshError } from '../base/errors.ts'
import { digestOf } from './digest.ts'
import { documentBytesMax, pendingBytesMax } from './limits.ts'
import type { Origin, Replica, UpdateListener } from './replica.ts'

const local: Origin = { kind: 'local' }

export class DocReplica implements Replica {
  readonly name: string
  readonly doc: Y.Doc
  readonly #listeners = new Set<UpdateListener>()
  /** Bytes of the state when it was last written out, and of the updates since. */
  #bytes = 0
  #isBroken = false

  constructor(name: string, doc = new Y.Doc()) {
    this.name = name
    this.doc = doc
    this.#bytes = Y.encodeStateAsUpdate(doc).length
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      this.#bytes += update.length
      const from = isOrigin(origin) ? origin : local
      for (const listener of [...this.#listeners]) listener(update, from)
    })
  }

  /** An update made Yjs fail in a way that left the document unreadable: nothing more is merged. */
  get isBroken(): boolean {
    return this.#isBroken
  }

  get bytes(): number {
    return this.#bytes
  }

  digest(): string {
    return digestOf(Y.encodeSnapshot(Y.snapshot(this.doc)))
  }

  vector(): Uint8Array {
    return Y.encodeStateVector(this.doc)
  }

  missing(vector: Uint8Array): Uint8Array | undefined {
    try {
      return Y.encodeStateAsUpdate(this.doc, vector)
    } catch (cause) {
      throw new MeshError('malformed', 'a state vector makes no sense', { cause })
    }
  }

  merge(update: Uint8Array, origin: Origin): MeshError | undefined {
    if (this.#isBroken) return new MeshError('malformed', `the document "${this.name}" is broken; reload this tab`)
    if (this.#bytes + update.length > documentBytesMax) {
      this.#bytes = Y.encodeStateAsUpdate(this.doc).length
      if (this.#bytes + update.length > documentBytesMax)
        return new MeshError('too-large', `the document "${this.name}" would be over ${documentBytesMax} bytes`)
    }
    try {
      Y.applyUpdate(new Y.Doc(), update)
    } catch (cause) {
      return new MeshError('malformed', 'an update makes no sense', { cause })
    }
    try {
      Y.applyUpdate(this.doc, update, origin)
      this.#dropPending()
      return undefined
    } catch (cause) {
      this.#isBroken = !this.#survives()
      return new MeshError('malformed', 'an update cannot be applied', { cause })
    }
  }

  /** All of it, as one update. */
  whole(): Uint8Array {
    return Y.encodeStateAsUpdate(this.doc)
  }

  combine(updates: readonly Uint8Array[]): Uint8Array {
    return Y.mergeUpdates([...updates])
  }

  onUpdate(listener: UpdateListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#listeners.clear()
    this.doc.destroy()
  }

  #survives(): boolean {
    try {
      const copy = new Y.Doc()
      Y.applyUpdate(copy, Y.encodeStateAsUpdate(this.doc))
      return Y.equalSnapshots(Y.snapshot(copy), Y.snapshot(this.doc))
    } catch {
      return false
    }
  }

  /** What waits for something that never comes must not pile up. */
  #dropPending(): void {
    const { store } = this.doc
    if ((store.pendingStructs?.update.length ?? 0) > pendingBytesMax) store.pendingStructs = null
    if ((store.pendingDs?.length ?? 0) > pendingBytesMax) store.pendingDs = null
  }
}

function isOrigin(value: unknown): value is Origin {
  return typeof value === 'object' && value !== null && 'kind' in value
}
