/** What a room that is not there keeps of itself: agents that are away, the last topology, settings. */
import type { PeerId } from '../../src/base/ids.ts'
import type { AwayAgent, Topology } from '../../src/consensus/keeping/records.ts'
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
  readonly #atMs: number
  readonly #self: Self
  readonly #peers: () => readonly PeerInfo[]

  constructor(atMs: number, departed: PeerId, self: Self, peers: () => readonly PeerInfo[]) {
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
    let settings = {}
    this.settings = {
      get: async () => settings,
      set: async change => {
        settings = { ...settings, ...change }
        return settings
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
