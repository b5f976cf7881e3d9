/** A room of peers that decide: real meshes over memory links, real clocks, one disk and one set of locks for each browser. */
import { randomId, systemClock, systemRandom } from '../../../../src/base/system.ts'
import { DecisionsService } from '../../../../src/consensus/decisions/decisions.ts'
import { MemoryLocks } from '../../../../src/consensus/decisions/memory-locks.ts'
import type { TimingPreset } from '../../../../src/consensus/decisions/types.ts'
import { MemoryStores } from '../../../../src/consensus/storage/memory.ts'
import type { MeshPeer } from '../../../../src/mesh/mesh.ts'
import { MemoryRoom, until } from '../../../mesh/support/memory-mesh.ts'

export { until }

export interface Decider {
  readonly name: string
  readonly browser: string
  readonly mesh: MeshPeer
  readonly service: DecisionsService
}

export class DecidingRoom {
  readonly room = new MemoryRoom()
  readonly deciders: Decider[] = []
  readonly counters: Record<string, number> = {}
  readonly problems: string[] = []
  readonly #browsers = new Map<string, { readonly stores: MemoryStores; readonly locks: MemoryLocks }>()
  readonly #preset: TimingPreset

  constructor(preset: TimingPreset = 'lab') {
    this.#preset = preset
  }

  /** A tab in a browser of its own, unless it says which. It decides once it sees the others. */
  async join(name: string, browser = name): Promise<Decider> {
    const mesh = await this.room.join(name, { browser })
    const others = this.deciders.map(one => one.mesh.id)
    const seen = () => new Set(mesh.peers.map(({ id }) => id)) // those who crashed may be listed for a while
    await until(() => others.every(id => seen().has(id)), `${name} sees the others`)
    return this.decide(name, browser, mesh)
  }

  decide(name: string, browser: string, mesh: MeshPeer): Decider {
    const { stores, locks } = this.browser(browser)
    const service = new DecisionsService({
      mesh,
      clock: systemClock,
      random: systemRandom,
      newId: randomId,
      platform: { stores, locks },
      room: 'test',
      browser,
      preset: this.#preset,
      count: counter => {
        this.counters[counter] = (this.counters[counter] ?? 0) + 1
      },
    })
    service.on('problem', ({ code }) => this.problems.push(code))
    const decider = { name, browser, mesh, service }
    this.deciders.push(decider)
    void service.start()
    return decider
  }

  browser(name: string) {
    const browser = this.#browsers.get(name) ?? { stores: new MemoryStores(), locks: new MemoryLocks() }
    this.#browsers.set(name, browser)
    return browser
  }

  /** Its process is gone: nothing more is said, and its locks are free. */
  crash(decider: Decider): void {
    this.deciders.splice(this.deciders.indexOf(decider), 1)
    this.room.crash(decider.mesh)
    decider.service.close()
  }

  /** As a closed tab: a goodbye, then as crashed. */
  async closeTab(decider: Decider): Promise<void> {
    const goodbye = JSON.parse(new TextDecoder().decode(await decider.mesh.signGoodbye()))
    this.crash(decider)
    for (const { mesh } of this.deciders) mesh.receiveGoodbye(goodbye)
  }

  /** Voters that live, when everybody agrees on them and on the leader. */
  async untilVoters(count: number, timeoutMs = 20_000): Promise<void> {
    const isSettled = () =>
      this.deciders.every(({ service: { view } }) => {
        const voters = view.members.filter(({ seat }) => seat === 'voter')
        return voters.length === count && view.quorum.live === count && view.leader?.host !== undefined
      })
    await until(isSettled, `${count} voters, but: ${JSON.stringify(this.summary())}`, timeoutMs).catch(error => {
      throw new Error(`${error.message}\nnow: ${JSON.stringify(this.summary(), null, 1)}`)
    })
  }

  get leading(): Decider | undefined {
    return this.deciders.find(({ service, mesh }) => service.leader?.host === mesh.id)
  }

  summary() {
    return this.deciders.map(({ name, service: { view } }) => ({
      name,
      state: view.state,
      term: view.term,
      leader: view.leader?.member.slice(-4),
      members: view.members.map(
        one => `${one.member.slice(-4)} ${one.seat} ${one.role ?? ''} ${one.isLive} ${one.isHostedHere}`,
      ),
      log: `${view.log.applied}/${view.log.commit}/${view.log.lastIndex}`,
    }))
  }

  async close(): Promise<void> {
    for (const { service } of this.deciders.splice(0)) service.close()
    await this.room.close()
  }
}
