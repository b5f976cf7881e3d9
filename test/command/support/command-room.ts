/** A room of peers that take commands: real meshes over memory links, deciding, with registries, gossip and faults as an engine has them. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Json } from '../../../src/base/json.ts'
import { randomId, systemClock, systemRandom } from '../../../src/base/system.ts'
import { type CommandMesh, commands, type Outcome, runLine } from '../../../src/command/index.ts'
import { checkSettings, defaultSettings } from '../../../src/crdt/settings.ts'
import type { SyncSettings } from '../../../src/crdt/sync/state.ts'
import { faultsHandle } from '../../../src/engine/faults-handle.ts'
import { RoomLife } from '../../../src/engine/room-life.ts'
import type { TimelineEvent } from '../../../src/engine/snapshot.ts'
import { Timeline } from '../../../src/engine/timeline.ts'
import { type Decider, DecidingRoom, until } from '../../consensus/decisions/support/deciding-room.ts'

export interface Commanded extends Decider {
  readonly handle: CommandMesh
  readonly life: RoomLife
}

export class CommandRoom {
  readonly deciding = new DecidingRoom()
  readonly all: Commanded[] = []

  async join(name: string): Promise<Commanded> {
    const key = await generateKeyPair('Ed25519')
    const mesh = await this.deciding.room.join(name, { browser: name, key })
    const others = this.all.map(one => one.mesh.id)
    const sees = () => others.every(id => mesh.peers.some(peer => peer.id === id))
    await until(sees, `${name} sees the others`)
    const decider = this.deciding.decide(name, name, mesh)
    const events: TimelineEvent[] = []
    const timeline = new Timeline(systemClock, event => events.push(event))
    decider.service.on('leader', leader => timeline.add('decision', `${leader?.term ?? 'nobody'} leads`))
    const life = new RoomLife({
      mesh,
      config: { type: undefined, region: undefined, onShutdown: 'ignore' },
      identity: { key: key as never },
      clock: systemClock,
      random: systemRandom,
      newId: randomId,
      decisions: Promise.resolve(decider.service),
      shared: Promise.resolve(new Settings()),
      store: { load: async () => undefined, save: async () => {} },
      timeline,
      push: () => {},
      nameOf: peer => peer,
      changed: () => {},
      leave: async () => {},
    })
    const commanded = { ...decider, life, handle: handleOf(decider, life, events) }
    this.all.push(commanded)
    return commanded
  }

  async of(...names: string[]): Promise<readonly Commanded[]> {
    for (const name of names) await this.join(name)
    await this.deciding.untilVoters(names.length >= 3 ? 3 : 1)
    return this.all
  }

  get leading(): Commanded | undefined {
    return this.all.find(({ service, mesh }) => service.leader?.host === mesh.id)
  }

  async close(): Promise<void> {
    for (const { life } of this.all) life.close()
    await this.deciding.close()
  }
}

export const say = (one: { readonly handle: CommandMesh }, line: string): Promise<Outcome> =>
  runLine(commands, one.handle, line)

/** What it says, where it was done. */
export async function done(
  one: { readonly handle: CommandMesh },
  line: string,
): Promise<{ text: string; data: never }> {
  const outcome = await say(one, line)
  if (!outcome.isDone) throw new Error(`${line}: ${outcome.text}`)
  return { text: outcome.text, data: outcome.data as never }
}

/** As much of shared state as has the settings. */
class Settings {
  settings = defaultSettings
  configure(change: Partial<SyncSettings>): void {
    this.settings = checkSettings(this.settings, change)
  }
}

function handleOf({ name, mesh, service }: Decider, life: RoomLife, events: TimelineEvent[]): CommandMesh {
  const remembered = new Map<string, Json>()
  return {
    id: mesh.id,
    get peers() {
      return mesh.peers
    },
    get links() {
      return mesh.links
    },
    get leader() {
      return service.leader
    },
    get snapshot() {
      return {
        phase: mesh.peers.length > 0 ? 'joined' : 'alone',
        problem: undefined,
        self: { name },
        room: { name: 'test', isPrivate: true },
        signaling: { state: 'connected' },
        partition: mesh.partition,
        decisions: service.view,
      }
    },
    timeline: events,
    decisions: service.register,
    agents: { getAll: () => life.registry.getAll(), register: agent => life.registry.register(agent) },
    faults: faultsHandle(
      request => mesh.faults.request(request),
      () => mesh.faults.list,
    ),
    gossip: life.gossip,
    memory: {
      store: async (key, value, { namespace = '' } = {}) => void remembered.set(`${namespace} ${key}`, value),
      retrieve: async (key, { namespace = '' } = {}) => remembered.get(`${namespace} ${key}`),
    },
    pingAll: () => life.pingAll(undefined),
    metrics: async () => ({ ...life.figures, counters: { ...mesh.counters } }),
  }
}
