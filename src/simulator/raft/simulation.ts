/**
 * One run from one seed: a storm of faults over members and clients, then calm, in which a random sufficient part of the
 * members must serve what is left; at the end the clients' history must be linearizable.
 */
import { InvariantError } from '../../base/invariant.ts'
import { shuffled } from '../../base/random.ts'
import type { MemberId } from '../../consensus/raft/messages.ts'
import { type HistoryEvent, operationsOf } from '../checkers/history.ts'
import { checkLinearizable } from '../checkers/linearizability.ts'
import { registerModel } from '../checkers/models.ts'
import { FaultInjector } from '../world/fault-injector.ts'
import { drawStorm, type Fault } from '../world/storm.ts'
import { ms, second } from '../world/time.ts'
import type { TraceEvent } from '../world/trace.ts'
import { insist, lookingAway, Violation } from '../world/violation.ts'
import { World } from '../world/world.ts'
import { Client } from './client.ts'
import { Cluster } from './cluster.ts'
import { raftFaults } from './faults.ts'
import { CALM_SECONDS_MAX } from './limits.ts'
import type { RaftModule } from './load-mutant.ts'
import { Operator } from './operator.ts'
import { drawTemper, type RaftSimulationOptions, type Temper } from './options.ts'
import { everybodyIn } from './quorum-oracle.ts'
import type { Wire } from './wire.ts'
import { Workload } from './workload.ts'

export interface RunRequest {
  readonly seed: number
  readonly options: RaftSimulationOptions
  readonly raft: RaftModule
  /** Ids of the faults of the seed's schedule that happen; all if left out. */
  readonly only?: readonly number[]
  readonly watch?: (event: TraceEvent) => void
}

export interface RunResult {
  readonly seed: number
  readonly violation: Violation | undefined
  readonly traceHash: string
  readonly simulatedUs: number
  readonly events: number
  /** The schedule that was followed. */
  readonly faults: readonly Fault[]
  readonly operations: Workload['counts']
  readonly terms: number
  readonly commits: number
  readonly memberships: number
  /** The run lost more disks than its memberships could bear, by an unlucky order of changes; progress was not asked for. */
  readonly isQuorumLost: boolean
  readonly history: readonly HistoryEvent[]
}

export function runSeed(request: RunRequest): RunResult {
  const simulation = new Simulation(request)
  const violation = request.options.isBlind ? lookingAway(() => simulation.run()) : simulation.run()
  return { seed: request.seed, violation, ...simulation.result() }
}

class Simulation {
  readonly #world: World<Wire>
  readonly #cluster: Cluster
  readonly #workload: Workload
  readonly #clientCount: number
  readonly #operator: Operator
  readonly #injector: FaultInjector<Wire>
  readonly #faults: readonly Fault[]
  readonly #temper: Temper
  /** Operations kept for the calm. */
  readonly #reserve: number
  #isQuorumLost = false

  constructor({ seed, options, raft, only, watch }: RunRequest) {
    const world = new World<Wire>(seed, watch)
    const temper = drawTemper(world.random.fork('temper'), options)
    const cluster = new Cluster(world, raft, temper, options.members)
    this.#world = world
    this.#cluster = cluster
    this.#temper = temper
    this.#clientCount = options.clients
    this.#reserve = Math.min(options.ops, Math.max(options.clients * 2, Math.ceil(options.ops / 20)))
    this.#workload = new Workload(options.ops - this.#reserve, options.keys, temper, () => world.nowUs)
    const members = (): MemberId[] => [...cluster.nodes.keys()].filter(member => !cluster.isGone(member))
    const parts = { raft, temper, workload: this.#workload, members, clients: options.clients }
    for (let count = 0; count < options.clients; count++) {
      world.addNode(`c${count}`).start(host => new Client(host, count, parts))
    }
    this.#operator = this.#startOperator(options.members)
    this.#injector = new FaultInjector(
      world,
      () => cluster.present,
      raftFaults(cluster, this.#operator, temper.timing.electionMs),
    )
    const storm = drawStorm(world.random.fork('storm'), options.faults, temper.stormUs)
    this.#faults = only ? storm.filter(({ id }) => only.includes(id)) : storm
    this.#injector.schedule(this.#faults)
  }

  /** What broke, if something did. */
  run(): Violation | undefined {
    try {
      this.#storm()
      this.#calm()
      this.#checkHistory()
      return undefined
    } catch (error) {
      if (error instanceof Violation) return error
      // Whatever else is thrown comes out of the core: its own invariants, or plain confusion.
      const name = error instanceof InvariantError || (error instanceof Error && error.name === 'InvariantError')
      return new Violation(
        name ? 'core-invariant' : 'core-crash',
        error instanceof Error ? error.message : String(error),
        error,
      )
    }
  }

  result(): Omit<RunResult, 'seed' | 'violation'> {
    const { journal } = this.#cluster
    return {
      traceHash: this.#world.trace.hash,
      simulatedUs: this.#world.nowUs,
      events: this.#world.events,
      faults: this.#faults,
      operations: this.#workload.counts,
      terms: journal.terms,
      commits: journal.committed.index - journal.committed.genesisIndex,
      memberships: journal.committed.memberships.length - 1,
      isQuorumLost: this.#isQuorumLost,
      history: this.#workload.history,
    }
  }

  #storm(): void {
    for (const atUs of this.#temper.lullsUs) {
      this.#world.runUntil(atUs, () => this.#isIdle)
      this.#lull()
    }
    this.#world.runUntil(this.#temper.stormUs, () => this.#isIdle)
  }

  /** Between two storms everybody runs again, and whoever belongs to the membership must catch up with something new. */
  #lull(): void {
    this.#injector.calm()
    for (const node of this.#cluster.present) if (!node.isUp) node.start()
    const goal = this.#cluster.journal.committed.index
    const untilUs = this.#world.nowUs + CALM_SECONDS_MAX * second
    if (!this.#cluster.survives(undefined)) return this.#injector.rage()
    this.#world.runUntil(untilUs, () => this.#isIdle || this.#haveApplied(goal + 1))
    const isReached = this.#isIdle || this.#haveApplied(goal + 1) || !this.#cluster.survives(undefined)
    insist(isReached, 'liveness', () => `a lull, and not all are at ${goal + 1}; ${this.#describe()}`)
    this.#injector.rage()
  }

  get #isIdle(): boolean {
    return this.#workload.left === 0 && this.#workload.open === 0
  }

  /** No more faults. A random part of the members that suffices must do all that is left; the others are dead. */
  #calm(): void {
    this.#injector.calm()
    // A change that is still on its way could be to members that are about to die.
    const operator = this.#world.nodes.get('operator')?.number
    this.#world.network.cut(from => from === operator)
    // A change that was asked for before a disk was lost may come after it: then nobody can promise progress.
    if (!this.#cluster.survives(undefined)) {
      this.#isQuorumLost = true
      return
    }
    const survivors = this.#chooseSurvivors()
    for (const [member, node] of this.#cluster.nodes) {
      if (!survivors.has(member)) node.remove()
      else if (!node.isUp) node.start()
    }
    this.#workload.left += this.#reserve
    const perClient = this.#workload.left / this.#clientCount
    const untilUs = this.#world.nowUs + CALM_SECONDS_MAX * second + perClient * (2 * this.#temper.thinkUs + 500 * ms)
    const isEqual = (): boolean => this.#haveApplied(this.#cluster.journal.committed.index)
    this.#world.runUntil(untilUs, () => this.#isIdle && isEqual())
    insist(this.#isIdle, 'liveness', () => `${this.#workload.left} operations left; ${this.#describe()}`)
    insist(isEqual(), 'liveness', () => `members differ; ${this.#describe()}`)
  }

  #chooseSurvivors(): Set<MemberId> {
    const random = this.#world.random.fork('survivors')
    const present = this.#cluster.present.map(node => node.name as MemberId).sort()
    const survivors = new Set<MemberId>()
    for (const member of shuffled(random, present)) {
      survivors.add(member)
      if (this.#cluster.suffices(other => survivors.has(other))) break
    }
    return survivors
  }

  /** Everybody who belongs to the membership and is not gone for good. */
  #haveApplied(index: number): boolean {
    const { committed, lives } = this.#cluster.journal
    if (committed.index < index) return false
    for (const member of everybodyIn(committed.membership)) {
      if ((lives.get(member)?.view.applied ?? 0) < index && !this.#cluster.isGone(member)) return false
    }
    return true
  }

  #describe(): string {
    const { lives, committed } = this.#cluster.journal
    const states = this.#cluster.present.map(({ name }) => {
      const view = lives.get(name as MemberId)?.view
      if (!view) return `${name} down`
      const { role, term, lastIndex, commit, applied } = view
      return `${name} ${role} term ${term} log ${lastIndex} commit ${commit} applied ${applied}`
    })
    return `${states.join(', ')}; committed ${committed.index}; ${JSON.stringify(committed.membership)}`
  }

  #checkHistory(): void {
    const verdict = checkLinearizable(registerModel, operationsOf(this.#workload.history))
    if (verdict.kind === 'undecided') throw new Violation('linearizable', `undecided for ${verdict.key}`)
    if (verdict.kind === 'linearizable') return
    const { key, unexplained } = verdict
    throw new Violation('linearizable', `${key}: nothing explains ${JSON.stringify(unexplained)}`)
  }

  #startOperator(voters: number): Operator {
    const made: Operator[] = []
    this.#world.addNode('operator').start(host => {
      const operator = new Operator(host, this.#cluster, voters)
      made.push(operator)
      return operator
    })
    return made[0] as Operator
  }
}
