/** Presence on the page: an Awareness for editor bindings, whose words the engine carries. */
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness'
import * as Y from 'yjs'

export type { Awareness } from 'y-protocols/awareness'

const fromEngine = 'engine'

export interface PagePresence {
  readonly awareness: Awareness
  receive(update: Uint8Array): void
  gone(clients: readonly number[]): void
}

export function openPagePresence(send: (update: Uint8Array) => void): PagePresence {
  const awareness = new Awareness(new Y.Doc())
  // Its own timer takes whoever is silent for 30 s for gone, and a hidden page's timers are late. Here the mesh says who left.
  clearInterval(awareness._checkInterval as ReturnType<typeof setInterval>)
  awareness.on('update', (_: unknown, origin: unknown) => {
    if (origin !== fromEngine) send(encodeAwarenessUpdate(awareness, [awareness.clientID]))
  })
  return {
    awareness,
    receive: update => applyAwarenessUpdate(awareness, update, fromEngine),
    gone: clients => {
      removeAwarenessStates(awareness, [...clients], fromEngine)
      // Or the same words would count as old when their peer is back.
      for (const client of clients) awareness.meta.delete(client)
    },
  }
}
