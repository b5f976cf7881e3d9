/** What the room keeps of itself: written where the leader lives, shown in every tab, and settings that all take up. Begins once deciding runs. */
import type { Clock } from '../base/clock.ts'
import type { PeerId } from '../base/ids.ts'
import type { Json } from '../base/json.ts'
import type { Random } from '../base/random.ts'
import type { DecisionsService } from '../consensus/decisions/decisions.ts'
import type { DecisionOptions } from '../consensus/decisions/types.ts'
import { Keeping } from '../consensus/keeping/driver.ts'
import { KeptFollower } from '../consensus/keeping/follower.ts'
import { awayShownMax } from '../consensus/keeping/limits.ts'
import { type AwayAgent, awayAgents, type Kept, type Topology, topologyOf } from '../consensus/keeping/records.ts'
import type { RoomNow } from '../consensus/keeping/state.ts'
import type { AgentInfo } from '../mesh/registry/types.ts'
import type { LinkInfo, Mesh } from '../mesh/types.ts'
import {
  type RoomSettings,
  RoomSettingsKeeper,
  type RoomSettingsOptions,
  type SettingsChange,
} from './room-settings.ts'

export interface KeptView {
  /** Of peers that are not here, who left last first. */
  readonly agents: readonly AwayAgent[]
  /** The last one with links in it. */
  readonly topology: Topology | undefined
  readonly settings: RoomSettings
}

export interface RoomKeepingOptions {
  readonly mesh: Pick<Mesh, 'id' | 'peers' | 'on' | 'broadcast' | 'subscribe'> & {
    readonly links: readonly LinkInfo[]
    readonly announced: { readonly name: string }
  }
  readonly agents: () => readonly AgentInfo[]
  readonly decisions: Promise<Pick<DecisionsService, 'own' | 'on' | 'retime'>>
  readonly gossip: RoomSettingsOptions['gossip']
  readonly clock: Clock
  readonly random: Random
  readonly changed: () => void
  readonly count: (counter: string) => void
}

interface Parts {
  readonly keeping: Keeping
  readonly follower: KeptFollower
  readonly settings: RoomSettingsKeeper
}

export class RoomKeeping {
  readonly #options: RoomKeepingOptions
  readonly #parts: Promise<Parts>
  readonly #stops: (() => void)[] = []
  #started: Parts | undefined
  #shown: { readonly kept: Kept; readonly here: string; readonly agents: readonly AwayAgent[] } | undefined
  #told: { readonly kept: Readonly<Record<string, Json>>; readonly settings: RoomSettings } | undefined
  #isClosed = false

  constructor(options: RoomKeepingOptions) {
    this.#options = options
    this.#parts = options.decisions.then(service => this.#start(service))
    this.#parts.catch(() => {}) // that this tab decides nothing is told elsewhere
  }

  /** Agents whose peers are not here, the latest ones; empty until it is known. */
  get away(): readonly AwayAgent[] {
    const kept = this.#started?.follower.kept
    if (!kept) return []
    const peers = this.#here()
    const here = peers.join()
    if (this.#shown?.kept !== kept || this.#shown.here !== here)
      this.#shown = { kept, here, agents: awayAgents(kept, new Set(peers)).slice(0, awayShownMax) }
    return this.#shown.agents
  }

  /** What the room has set, as far as this tab knows it; undefined until it does. */
  get roomSettings(): RoomSettings | undefined {
    const kept = this.#started?.follower.settings
    if (this.#told?.kept !== kept) this.#told = kept && { kept, settings: RoomSettingsKeeper.in(kept) }
    return this.#told?.settings
  }

  /** All that is kept, as far as this tab knows it. */
  async kept(): Promise<KeptView> {
    const { follower } = await this.#parts
    const { kept } = follower
    return {
      agents: awayAgents(kept, new Set(this.#here())),
      topology: topologyOf(kept),
      settings: this.roomSettings ?? {},
    }
  }

  async settings(options?: DecisionOptions): Promise<RoomSettings> {
    return (await this.#parts).settings.get(options)
  }

  async configure(change: SettingsChange, options?: DecisionOptions): Promise<RoomSettings> {
    return (await this.#parts).settings.set(change, options)
  }

  /** Something about the room is different: who is here, how they are linked, or what lives at them. */
  roomChanged(): void {
    this.#started?.keeping.changed()
  }

  close(): void {
    this.#isClosed = true
    for (const stop of this.#stops) stop()
    this.#started?.keeping.close()
    this.#started?.follower.close()
  }

  #start(service: Awaited<RoomKeepingOptions['decisions']>): Parts {
    const { mesh, clock, random, gossip, changed, count } = this.#options
    const { own } = service
    const keeping = new Keeping({ own, clock, room: () => this.#room(), count })
    const settings = new RoomSettingsKeeper({ own, gossip, retime: choice => service.retime(choice), count })
    const news = () => {
      keeping.changed()
      if (follower.settings) void settings.apply(follower.settings)
      changed()
    }
    const follower = new KeptFollower({ own, mesh, clock, random, onChange: news })
    const parts = { keeping, follower, settings }
    this.#started = parts
    this.#stops.push(
      service.on('leader', () => {
        follower.lookAnew()
        if (follower.settings) void settings.apply(follower.settings) // clocks are told by whoever leads
      }),
    )
    for (const name of ['agent-join', 'agent-leave', 'agent-change', 'link-open', 'link-close'] as const)
      this.#stops.push(mesh.on(name, () => keeping.changed()))
    if (this.#isClosed) this.close()
    return parts
  }

  #here(): PeerId[] {
    const { mesh } = this.#options
    return [mesh.id, ...mesh.peers.map(({ id }) => id)]
  }

  #room(): RoomNow {
    const { mesh, agents } = this.#options
    const { peers, links, announced } = mesh
    const own = links.map(({ peer, kind }) => ({ between: [mesh.id, peer] as const, kind }))
    const others = peers.flatMap(({ id, links }) =>
      links.map(({ peer, kind }) => ({ between: [id, peer] as const, kind })),
    )
    return {
      peers: [{ id: mesh.id, name: announced.name }, ...peers.map(({ id, name }) => ({ id, name }))],
      agents: agents(),
      links: [...own, ...others],
    }
  }
}
