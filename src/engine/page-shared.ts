/** `mesh.shared` and `mesh.memory` on the page. Yjs is loaded when the first document is opened. */
import type { Remote } from 'comlink'
import { Emitter } from '../base/emitter.ts'
import type { PageDocument } from '../crdt/page/document.ts'
import type { PagePresence } from '../crdt/page/presence.ts'
import type { EngineApi } from './protocol.ts'
import type { MemoryChange, MemoryHandle, SharedHandle } from './shared-handle.ts'
import type { SharedPush } from './shared-rpc.ts'

export class PageShared {
  readonly #engine: Remote<EngineApi>
  readonly #documents = new Map<string, Promise<PageDocument>>()
  readonly #changes = new Emitter<{ change: MemoryChange }>(error => reportError(error))
  #presence: Promise<PagePresence> | undefined

  constructor(engine: Remote<EngineApi>) {
    this.#engine = engine
  }

  readonly shared: SharedHandle = {
    doc: async name => (await this.#document(name)).doc,
    presence: async () => {
      this.#presence ??= this.#openPresence()
      return (await this.#presence).awareness
    },
    configure: async change => void (await this.#engine.gossip('configure', [change])),
  }

  readonly memory: MemoryHandle = {
    store: async (key, value, options) => this.#engine.memoryStore(key, value, options),
    retrieve: async (key, options) => this.#engine.memoryRetrieve(key, options),
    entry: async (key, namespace) => this.#engine.memoryEntry(key, namespace),
    list: async options => this.#engine.memoryList(options),
    search: async (query, options) => this.#engine.memorySearch(query, options),
    delete: async (key, options) => this.#engine.memoryDelete(key, options),
    increment: async (key, by, options) => this.#engine.memoryIncrement(key, by, options),
    add: async (key, element, options) => this.#engine.memoryAdd(key, element, options),
    remove: async (key, element, options) => this.#engine.memoryRemove(key, element, options),
    watch: listener => {
      void this.#engine.watchMemory()
      return this.#changes.on('change', listener)
    },
  }

  receive(push: SharedPush): void {
    if (push.kind === 'document') void this.#documents.get(push.name)?.then(document => document.receive(push.update))
    else if (push.kind === 'presence') void this.#presence?.then(presence => presence.receive(push.update))
    else if (push.kind === 'presence-gone') void this.#presence?.then(presence => presence.gone(push.clients))
    else this.#changes.emit('change', push)
  }

  #document(name: string): Promise<PageDocument> {
    const known = this.#documents.get(name)
    if (known) return known
    const opening = this.#openDocument(name)
    opening.catch(() => this.#documents.delete(name)) // the next caller tries again
    this.#documents.set(name, opening)
    return opening
  }

  async #openDocument(name: string): Promise<PageDocument> {
    const [{ openPageDocument }, state] = await Promise.all([
      import('../crdt/page/document.ts'),
      this.#engine.openDocument(name),
    ])
    return openPageDocument(state, update => void this.#engine.changeDocument(name, update).catch(reportError))
  }

  async #openPresence(): Promise<PagePresence> {
    const [{ openPagePresence }, states] = await Promise.all([
      import('../crdt/page/presence.ts'),
      this.#engine.openPresence(),
    ])
    const presence = openPagePresence(update => void this.#engine.showPresence(update))
    for (const state of states) presence.receive(state)
    return presence
  }
}
