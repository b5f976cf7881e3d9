/** A document on the page: the same as the engine's, a few milliseconds later, in both directions. Any Yjs editor binding works on it. */
import * as Y from 'yjs'

export type { Doc } from 'yjs'

const fromEngine = Symbol('from the engine')

export interface PageDocument {
  readonly doc: Y.Doc
  /** A change made elsewhere. */
  receive(update: Uint8Array): void
}

/** What one task changes leaves as one update. */
export function openPageDocument(state: Uint8Array, send: (update: Uint8Array) => void): PageDocument {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, state, fromEngine)
  let waiting: Uint8Array[] = []
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin === fromEngine) return
    if (waiting.push(update) > 1) return
    queueMicrotask(() => {
      const updates = waiting
      waiting = []
      send(updates.length === 1 ? update : Y.mergeUpdates(updates))
    })
  })
  return { doc, receive: update => Y.applyUpdate(doc, update, fromEngine) }
}
