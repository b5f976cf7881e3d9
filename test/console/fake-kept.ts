/** What a room that is not there keeps of itself: agents that are away, the last topology, settings. */
import type { PeerId } from '../../src/base/ids.ts'
import type { AwayAgent, Topology } from '../../src/consensus/keeping/records.ts'
import { keptAfter, keptOf } from '../../src/console/decisions/settings-fields.ts'
import type { RoomSettings } from '../../src/engine/room-settings.ts'
import type { SettingsHandle } from '../../src/engine/settings-handle.ts'
import type { PeerInfo } from '../../src/mesh/types.ts'

const minute = 60_000

interface Self {
  readonly id: PeerId
  readonly name: () => string
}

export class FakeKept {
  readonly away: readonly AwayAgent[]
  readonly settings: SettingsHandle
  roomSettings: RoomSettings = { gossip: { fanout: 5 }, timing: { preset: 'internet' } }
  readonly #atMs: number
  readonly #self: Self
  readonly #peers: () => readonly PeerInfo[]

  constructor(atMs: number, departed: PeerId, self: Self, peers: () => readonly PeerInfo[], changed: () => void) {
    this.#atMs = atMs
    this.#self = self
    this.#peers = peers
    const about = { peer: departed, state: 'away', awaySinceMs: atMs - 12 * minute, region: 'us-east' } as const
    const sinceMs = atMs - 90 * minute
    this.away = [
      {
        ...about,
        id: departed,
        isPeer: true,
        name: 'Quiet Heron',
        type: 'worker',
        capabilities: ['text.grep'],
        sinceMs,
      },
      {
        ...about,
        id: `${departed}/judge`,
        isPeer: false,
        name: 'Judge',
        type: 'validator',
        capabilities: ['vote', 'recompute'],
        sinceMs,
      },
    ]
    this.settings = {
      get: async () => this.roomSettings,
      set: async ({ gossip, timing }) => {
        await new Promise(resolve => setTimeout(resolve, 8))
        const all = keptAfter('gossip', keptOf('gossip', this.roomSettings), { gossip: gossip ?? {} })
        const left = gossip === null || Object.keys(all).length === 0 ? {} : { gossip: all }
        const clocks = timing === undefined ? this.roomSettings.timing : timing
        this.roomSettings = { ...left, ...(clocks && { timing: clocks }) }
        changed()
        return this.roomSettings
      },
    }
  }

  get handle() {
    return { settings: this.settings, kept: () => this.kept() }
  }

  async kept() {
    return { agents: this.away, topology: this.#topology(), settings: await this.settings.get() }
  }

  #topology(): Topology | undefined {
    const peers = this.#peers()
    if (peers.length === 0) return undefined
    const { id, name } = this.#self
    const links = peers.map(peer => ({ between: [id, peer.id] as const, kind: 'webrtc' as const }))
    return { atMs: this.#atMs - 3 * minute, peers: [{ id, name: name() }, ...peers], links }
  }
}
