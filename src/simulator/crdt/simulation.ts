/**
 * Shared documents under chance: several peers edit one document while messages are lost, doubled and late, the room splits,
 * peers freeze, crash, come back with an older disk, or join late. In the end everything heals, and then every copy must be equal in
 * all that a reader can see, everyone must know it, and nothing that somebody wrote down for good may be missing.
 */
import type { SyncSettings } from '../../crdt/sync/state.ts'
import * as Y from '../../crdt/yjs.ts'
import { between, chance, exponential, oneOf, type Sfc32 } from '../world/random.ts'
import { asSeconds, ms, second } from '../world/time.ts'
import { insist, Violation } from '../world/violation.ts'
import { type SimPeer, SimRoom, simulatedSettings } from './room.ts'
import type { Carried } from './sim-mesh.ts'
import { Editor } from './workload.ts'

export interface CrdtOptions {
  readonly peers: number
  /** Edits, all peers together. */
  readonly edits: number
  /** While there are faults, seconds of simulated time. */
  readonly seconds: number
  readonly settings: SyncSettings
}

export const crdtDefaults: CrdtOptions = { peers: 5, edits: 150, seconds: 40, settings: simulatedSettings }

export interface CrdtResult {
  readonly seed: number
  readonly events: number
  readonly simulatedUs: number
  readonly traceHash: string
  /** From the end of all faults until all copies were equal, and until everyone knew. */
  readonly equalAfterUs: number
  readonly knownAfterUs: number
  readonly carried: ReadonlyMap<string, Carried>
  readonly violation: Violation | undefined
}

/** What must be equal one anti-entropy interval after the last fault gets this much longer, for calls and their retries. */
const graceUs = 20 * second

export async function runCrdtSeed(seed: number, options: CrdtOptions = crdtDefaults): Promise<CrdtResult> {
  return new Simulation(seed, options).run()
}

class Simulation {
  readonly #seed: number
  readonly #options: CrdtOptions
  readonly #room: SimRoom
  readonly #random: Sfc32
  /** Tokens that must be in every copy at the end. */
  readonly #tokens = new Set<string>()
  #crashes = 0

  constructor(seed: number, options: CrdtOptions) {
    this.#seed = seed
    this.#options = options
    this.#room = new SimRoom(seed, options.settings)
    this.#random = this.#room.world.random.fork('faults')
  }

  async run(): Promise<CrdtResult> {
    const room = this.#room
    const untilUs = this.#options.seconds * second
    const limitUs = untilUs + this.#options.settings.antiEntropyInterval * ms + graceUs
    let equalAfterUs = 0
    let violation: Violation | undefined
    try {
      this.#scheduleOpenings(untilUs)
      this.#scheduleWeather()
      this.#scheduleEdits(untilUs)
      this.#scheduleFaults(untilUs)
      await room.runUntil(untilUs)
      room.heal()
      await room.runUntil(limitUs, () => room.areEqual())
      equalAfterUs = room.world.nowUs - untilUs
      this.#judge()
      await room.runUntil(limitUs, () => room.isKnown())
      const message = () =>
        `not everyone knows that all are equal, ${asSeconds(limitUs - untilUs)} after the last fault`
      insist(room.isKnown(), 'known', message)
    } catch (thrown) {
      violation = thrown instanceof Violation ? thrown : new Violation('no exception', String(thrown), thrown)
    } finally {
      room.close()
    }
    const { events, nowUs, trace } = room.world
    return {
      seed: this.#seed,
      events,
      simulatedUs: nowUs,
      traceHash: trace.hash,
      equalAfterUs,
      knownAfterUs: nowUs - untilUs,
      carried: room.carried,
      violation,
    }
  }

  #scheduleOpenings(untilUs: number): void {
    const { peers } = this.#options
    const early = Math.max(2, Math.ceil(peers * between(this.#random, 0.5, 1)))
    for (let number = 0; number < peers; number++)
      this.#room.world.schedule(number < early ? 0 : between(this.#random, 0, untilUs), () => {
        this.#room.open(`P${number}`)
        return `P${number}`
      })
  }

  #scheduleWeather(): void {
    const random = this.#random.fork('weather')
    Object.assign(this.#room.world.network.weather, {
      lossRate: chance(random, 0.7) ? between(random, 0, 0.4) : 0,
      duplicateRate: chance(random, 0.5) ? between(random, 0, 0.3) : 0,
      reorderRate: chance(random, 0.5) ? between(random, 0, 0.3) : 0,
    })
  }

  #scheduleEdits(untilUs: number): void {
    const random = this.#random.fork('edits')
    for (let edit = 0; edit < this.#options.edits; edit++) {
      this.#room.world.schedule(between(random, 0, untilUs), () => {
        const peer = oneOf(random, this.#room.peers)
        if (!peer?.node.isUp || peer.node.isPaused) return undefined
        return peer.node.happen(peer.node.life, 'edit', () => {
          const token = peer.editor.act()
          if (token !== undefined) this.#tokens.add(token)
        })
      })
    }
  }

  #scheduleFaults(untilUs: number): void {
    const random = this.#random.fork('storm')
    const meanGapUs = between(random, 2, 15) * second
    for (let atUs = exponential(random, meanGapUs); atUs < untilUs; atUs += exponential(random, meanGapUs)) {
      const forUs = exponential(random, 5 * second)
      this.#room.world.schedule(atUs, () => {
        const peer = oneOf(random, this.#room.peers)
        const pick = random.next()
        if (!peer) return undefined
        if (pick < 0.4) this.#split(random, forUs)
        else if (pick < 0.6) this.#freeze(peer, forUs)
        else if (pick < 0.8) peer.disk = Y.encodeStateAsUpdate(peer.replica.doc)
        else this.#crash(peer, forUs)
        return undefined
      })
    }
  }

  #split(random: Sfc32, forUs: number): void {
    const { network } = this.#room.world
    const side = new Set(this.#room.peers.filter(() => chance(random, 0.5)).map(peer => peer.node.number))
    this.#later(
      forUs,
      network.cut((from, to) => side.has(from) !== side.has(to)),
    )
  }

  #freeze({ node }: SimPeer, forUs: number): void {
    node.pause()
    this.#later(forUs, () => node.resume())
  }

  /** What only this peer knew, and its disk does not, is gone: nobody can ask for it. */
  #crash(peer: SimPeer, forUs: number): void {
    if (!peer.node.isUp) return
    this.#crashes++
    this.#room.crash(peer)
    const onDisk = new Y.Doc()
    if (peer.disk) Y.applyUpdate(onDisk, peer.disk)
    const alive = this.#room.peers.filter(({ node }) => node.isUp)
    const kept = new Set([onDisk, ...alive.map(({ replica }) => replica.doc)].flatMap(tokensOf))
    for (const token of tokensOf(peer.replica.doc)) if (!kept.has(token)) this.#tokens.delete(token)
    this.#later(forUs, () => this.#room.restart(peer))
  }

  #later(us: number, fn: () => void): void {
    this.#room.world.schedule(us, () => {
      fn()
      return undefined
    })
  }

  #judge(): void {
    const { peers } = this.#room
    const digests = () => `digests differ: ${peers.map(({ replica }) => replica.digest())}`
    insist(peers.length === this.#options.peers && this.#room.areEqual(), 'equal', digests)
    const states = peers.map(({ replica }) => Editor.stateOf(replica.doc))
    insist(
      new Set(states).size === 1,
      'equal',
      () => `equal digests, but copies read differently:\n${states.join('\n')}`,
    )
    const held = peers[0] ? tokensOf(peers[0].replica.doc) : []
    insist(new Set(held).size === held.length, 'once', () => `a token is there twice: ${held}`)
    const missing = [...this.#tokens].filter(token => !held.includes(token))
    insist(missing.length === 0, 'nothing lost', () => `missing: ${missing}`)
    // After a crash somebody may hold what builds on a change that went down with its author.
    if (this.#crashes > 0) return
    for (const { node, replica } of peers) {
      const { pendingStructs, pendingDs } = replica.doc.store
      insist(!pendingStructs && !pendingDs, 'nothing waits', () => `${node.name} waits for something nobody has`)
    }
  }
}

function tokensOf(doc: Y.Doc): string[] {
  return doc.getArray<string>('tokens').toArray()
}
