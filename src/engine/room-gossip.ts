/** Rumours and aggregates of one room, and the settings that they have in common with shared state. */
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { checkSettings, defaultSettings } from '../crdt/settings.ts'
import type { SyncSettings } from '../crdt/sync/state.ts'
import { Aggregation } from '../mesh/gossip/aggregate/driver.ts'
import { SignedRumours } from '../mesh/gossip/rumours/signed-rumours.ts'
import type { RumourSettings } from '../mesh/gossip/rumours/state.ts'
import type { Signer } from '../mesh/signed.ts'
import type { Mesh } from '../mesh/types.ts'
import type { GossipCalls } from './gossip-handle.ts'
import type { Push } from './protocol.ts'

export interface RoomGossipOptions {
  readonly mesh: Mesh
  readonly signer: Signer
  readonly clock: Clock
  readonly random: Random
  readonly newId: () => string
  readonly push: (message: Push) => void
  /** Shared state keeps the settings, where there is any. */
  readonly shared: Promise<{ readonly settings: SyncSettings; configure(change: Partial<SyncSettings>): void }>
  readonly count: (counter: string) => void
}

export class RoomGossip implements GossipCalls {
  readonly #options: RoomGossipOptions
  readonly #rumours: SignedRumours
  readonly #aggregation: Aggregation
  readonly #heard = new Map<number, () => void>()
  /** Of this peer where it has no shared state. */
  #settings = defaultSettings

  constructor(options: RoomGossipOptions) {
    this.#options = options
    this.#rumours = new SignedRumours({ ...options, settings: rumourSettings(defaultSettings) })
    this.#aggregation = new Aggregation(options)
  }

  settings: GossipCalls['settings'] = async () => (await this.#shared())?.settings ?? this.#settings

  configure: GossipCalls['configure'] = async change => {
    const shared = await this.#shared()
    this.#settings = checkSettings(shared?.settings ?? this.#settings, change)
    shared?.configure(change)
    this.#rumours.configure(rumourSettings(this.#settings))
    return this.#settings
  }

  rumour: GossipCalls['rumour'] = (topic, payload, options) => this.#rumours.spread(topic, payload, options)
  rumours: GossipCalls['rumours'] = async () => this.#rumours.alive
  aggregate: GossipCalls['aggregate'] = (name, value) => this.#aggregation.aggregate(name, value)
  withdraw: GossipCalls['withdraw'] = async name => this.#aggregation.withdraw(name)

  hear: GossipCalls['hear'] = async (topic, subscription) => {
    const { push } = this.#options
    const off = this.#rumours.subscribe(topic, (payload, incoming) =>
      push({ kind: 'topic', subscription, payload, incoming }),
    )
    this.#heard.set(subscription, off)
  }

  unhear: GossipCalls['unhear'] = async subscription => {
    this.#heard.get(subscription)?.()
    this.#heard.delete(subscription)
  }

  close(): void {
    this.#rumours.close()
    this.#aggregation.close()
  }

  #shared() {
    return this.#options.shared.catch(() => undefined)
  }
}

function rumourSettings({ interval, fanout, antiEntropy, antiEntropyInterval }: SyncSettings): RumourSettings {
  return { intervalMs: interval, fanout, antiEntropy, antiEntropyIntervalMs: antiEntropyInterval }
}
