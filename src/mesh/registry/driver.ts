/**
 * Performs the registry: signs and tells what lives here, compares with neighbours what they know (at a link's opening, and now and then), and
 * keeps its own agents over a reload. Records are signed, so that anybody may pass them on.
 */
import * as v from 'valibot'
import type { Clock } from '../../base/clock.ts'
import { Emitter } from '../../base/emitter.ts'
import { MeshError } from '../../base/errors.ts'
import type { PeerId } from '../../base/ids.ts'
import type { Json, Payload } from '../../base/json.ts'
import { integerBelow, type Random } from '../../base/random.ts'
import { agentRecordsPerAnswerMax, agentsBytesMax, agentsMax, agentsSyncIntervalMs, membersMax } from '../limits.ts'
import { openRecord, type Signed, type Signer, signedSchema, signRecord } from '../signed.ts'
import type { Announcement, Mesh, PeerInfo } from '../types.ts'
import {
  type AgentRecord,
  checkedOwn,
  checkedSpec,
  defaultType,
  recordSchema,
  type StoredAgent,
  storedSchema,
} from './record.ts'
import { emptyRegistry, type Input } from './state.ts'
import { agentsWith, allAgents, isNews, step } from './step.ts'
import type { AgentInfo, AgentSpec, AgentStore, RegistryEvents } from './types.ts'

/** A record that changed is broadcast under this topic, and asked for under the other. */
const newsTopic = 'agents'
const syncTopic = 'agents-sync'
/** Joining goes first: so long after a link opened the registries are compared, ms. */
const compareAfterMs = 200
/** Answers asked for in a row while there are more. */
const syncRoundsMax = 32

const questionSchema = v.strictObject({
  have: v.pipe(
    v.array(
      v.tuple([
        v.pipe(v.string(), v.maxLength(128)),
        v.pipe(v.string(), v.maxLength(64)),
        v.pipe(v.number(), v.safeInteger()),
      ]),
    ),
    v.maxLength(2 * membersMax),
  ),
})
const answerSchema = v.strictObject({
  records: v.pipe(v.array(signedSchema), v.maxLength(agentRecordsPerAnswerMax)),
  more: v.boolean(),
})

export interface RegistryOptions {
  readonly mesh: Mesh
  readonly announced: () => Pick<Announcement, 'name' | 'capabilities' | 'load'>
  readonly signer: Signer
  readonly clock: Clock
  readonly random: Random
  readonly store: AgentStore
  /** Of this peer itself. */
  readonly type?: string | undefined
  readonly region?: string | undefined
  readonly count: (counter: string) => void
}

export class Registry {
  readonly #options: RegistryOptions
  readonly #state = emptyRegistry()
  readonly #signed = new Map<PeerId, Signed>()
  readonly #emitter = new Emitter<RegistryEvents>(() => this.#options.count('listener-failed'))
  readonly #startedAtMs: number
  readonly #stops: (() => void)[] = []
  #own: readonly StoredAgent[] = []
  #version = 0
  /** Changes are signed and stored one after the other. */
  #tail: Promise<void>

  /** Throws `invalid-option` for a type or region that is none. */
  constructor(options: RegistryOptions) {
    checkedOwn(options)
    this.#options = options
    const { mesh, clock } = options
    this.#startedAtMs = clock.nowMs()
    this.ownChanged()
    for (const peer of mesh.peers) this.#step({ kind: 'host', host: peer })
    this.#stops.push(
      mesh.on('agent-join', host => this.#step({ kind: 'host', host })),
      mesh.on('agent-change', host => this.#step({ kind: 'host', host })),
      mesh.on('agent-leave', ({ peer, reason }) => this.#departed(peer, reason)),
      mesh.on('link-open', ({ peer }) => void clock.after(compareAfterMs, () => this.#compare(peer))),
      mesh.subscribe(newsTopic, record => void this.#receive(record)),
      mesh.handle(syncTopic, question => this.#answer(question)),
      clock.every(agentsSyncIntervalMs, () => this.#compareWithAny()),
    )
    this.#tail = this.#restore()
    for (const { peer } of mesh.links) void this.#compare(peer)
  }

  getAll(): readonly AgentInfo[] {
    return allAgents(this.#state)
  }

  findByCapability(capability: string): readonly AgentInfo[] {
    return agentsWith(this.#state, capability)
  }

  on<Name extends keyof RegistryEvents>(name: Name, listener: (detail: RegistryEvents[Name]) => void): () => void {
    return this.#emitter.on(name, listener)
  }

  /** Resolves when it is signed and kept. Throws `invalid-option`, `too-large`, `overloaded`. */
  async register(given: AgentSpec): Promise<AgentInfo> {
    const { type = defaultType, capabilities = [], region, ...spec } = checkedSpec(given)
    await this.#tail // what was kept comes first
    const id = spec.id ?? this.#freeId(type)
    const known = this.#own.find(agent => agent.id === id)
    if (!known && this.#own.length >= agentsMax)
      throw new MeshError('overloaded', `a peer has up to ${agentsMax} agents`)
    const { name = known?.name ?? id } = spec
    const sinceMs = known?.sinceMs ?? this.#options.clock.nowMs()
    const agent: StoredAgent = { id, name, type, capabilities, sinceMs, ...(region !== undefined && { region }) }
    await this.#change([...this.#own.filter(other => other.id !== id), agent])
    const registered = this.getAll().find(info => info.id === `${this.#options.mesh.id}/${id}`)
    if (!registered) throw new MeshError('left', 'this peer left the mesh')
    return registered
  }

  /** By its whole id, or the part of it that this peer gave. Throws `invalid-option` for what is not of this peer. */
  async deregister(id: string): Promise<void> {
    const self = this.#options.mesh.id
    if (id === self)
      throw new MeshError('invalid-option', 'a peer is an agent for as long as it is here: leave() ends it')
    await this.#tail
    const local = id.startsWith(`${self}/`) ? id.slice(self.length + 1) : id
    if (!this.#own.some(agent => agent.id === local))
      throw new MeshError('invalid-option', `no agent "${id}" is registered at this peer`)
    await this.#change(this.#own.filter(agent => agent.id !== local))
  }

  /** What this peer announces of itself changed: name, capabilities or load. */
  ownChanged(): void {
    const { mesh, announced } = this.#options
    const { id, session } = mesh
    this.#step({ kind: 'host', host: { ...announced(), id, session, state: 'alive', joinedAtMs: this.#startedAtMs } })
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }

  async #restore(): Promise<void> {
    const { store, type, region, count } = this.#options
    try {
      const stored = v.safeParse(storedSchema, await store.load())
      if (stored.success) this.#own = stored.output.agents
    } catch {
      count('agents-not-kept') // storage may be refused; the registry works without
    }
    if (this.#own.length > 0 || type !== undefined || region !== undefined) await this.#publish(this.#own)
  }

  #change(agents: readonly StoredAgent[]): Promise<void> {
    const { store, count } = this.#options
    const changed = this.#publish(agents).then(() =>
      store.save({ schema: 1, agents }).catch(() => count('agents-not-kept')),
    )
    this.#tail = changed.catch(() => {})
    return changed
  }

  async #publish(agents: readonly StoredAgent[]): Promise<void> {
    const { mesh, signer, type = defaultType, region } = this.#options
    const record: AgentRecord = {
      session: mesh.session,
      version: this.#version + 1,
      type,
      agents,
      ...(region !== undefined && { region }),
    }
    checkFits(record)
    this.#own = agents
    this.#version++
    const signed = await signRecord(signer, 'agents', record)
    this.#signed.set(mesh.id, signed)
    this.#step({ kind: 'record', peer: mesh.id, record })
    await mesh.broadcast(newsTopic, signed as unknown as Json).catch(() => {}) // those it did not reach compare
  }

  #freeId(type: string): string {
    for (let number = 1; ; number++) {
      const id = `${type}-${number}`
      if (!this.#own.some(agent => agent.id === id)) return id
    }
  }

  async #receive(value: unknown): Promise<void> {
    const { mesh, count } = this.#options
    const opened = await openRecord(value, 'agents', recordSchema)
    if (!opened) return count('dropped.signature')
    const { by, content } = opened
    if (by === mesh.id || !isNews(this.#state, by, content)) return
    this.#signed.set(by, value as Signed)
    this.#step({ kind: 'record', peer: by, record: content })
    for (const peer of this.#signed.keys()) if (!this.#state.records.has(peer)) this.#signed.delete(peer)
  }

  #departed({ id, session }: PeerInfo, reason: Extract<Input, { kind: 'departed' }>['reason']): void {
    this.#step({ kind: 'departed', peer: id, session, reason })
    if (!this.#state.records.has(id)) this.#signed.delete(id)
  }

  #compareWithAny(): void {
    const { mesh, random } = this.#options
    const link = mesh.links[integerBelow(random, mesh.links.length)]
    if (link) void this.#compare(link.peer)
  }

  /** Asks a neighbour for what it knows and we do not; it asks us likewise. */
  async #compare(peer: PeerId): Promise<void> {
    try {
      for (let round = 0; round < syncRoundsMax; round++) {
        const have = [...this.#state.records].map(([id, { session, version }]) => [id, session, version] as const)
        const answer = v.safeParse(answerSchema, await this.#options.mesh.request(peer, syncTopic, { have }))
        if (!answer.success) return this.#options.count('dropped.malformed')
        for (const record of answer.output.records) await this.#receive(record)
        if (!answer.output.more) return
      }
    } catch {
      // It left, or its link broke: the next one is compared with at its opening.
    }
  }

  #answer(question: Payload): Payload {
    const parsed = v.safeParse(questionSchema, question)
    if (!parsed.success) throw new MeshError('malformed', v.summarize(parsed.issues))
    const known = emptyRegistry()
    for (const [peer, session, version] of parsed.output.have)
      known.records.set(peer as PeerId, { session, version, type: defaultType, agents: [] })
    const news = [...this.#signed].filter(([peer]) => {
      const record = this.#state.records.get(peer)
      return record && isNews(known, peer, record)
    })
    const records = news.slice(0, agentRecordsPerAnswerMax).map(([, record]) => record)
    return { records, more: news.length > records.length } as unknown as Json
  }

  #step(input: Input): void {
    for (const effect of step(this.#state, input)) this.#emitter.emit(effect.kind, effect.detail)
  }
}

/** Throws where others would drop it. */
function checkFits(record: AgentRecord): void {
  const bytes = new TextEncoder().encode(JSON.stringify(record)).length
  if (bytes > agentsBytesMax)
    throw new MeshError('too-large', `the agents of this peer make ${bytes} bytes; ${agentsBytesMax} at most`)
}
