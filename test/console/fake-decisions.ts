/** Voters that are not there: they elect, decide, lose each other and meet another history, as the scene wants it. */
import { MeshError } from '../../src/base/errors.ts'
import type { PeerId, SessionId } from '../../src/base/ids.ts'
import type { Json } from '../../src/base/json.ts'
import type {
  Decided,
  DecidedChange,
  Decisions,
  DecisionsControl,
  DecisionsView,
  ElectionRecord,
  LogLine,
  MemberId,
  MemberView,
  TimingChoice,
  TimingView,
} from '../../src/consensus/decisions/types.ts'
import { sameJson } from '../../src/console/same-json.ts'
import type { DecisionScene } from './decision-scenes.ts'
import type { MemberFaults } from './fake-faults.ts'

/** How long a commit, and an election, take. */
const commitMs = 6
const electionMs = 900
const quick = { heartbeatMs: 50, electionMs: 150 }
const slow = { heartbeatMs: 250, electionMs: 1_500 }
/** `busy`: decisions/s, pushed as an engine does. */
const busyPerPush = 80
const pushMs = 16
const firstKeys: readonly (readonly [string, Json])[] = [
  ['agents/registry', { counters: 3, finders: 2 }],
  ['colour', 'red'],
  ['room/owner', 'Brisk Marten'],
  ['room/settings', { maxAgents: 100, topology: 'mesh', region: 'eu' }],
  ['sample/total', 5_624_000],
  ['theme', ['calm', 'warm']],
]

export interface FakeRoom {
  readonly self: PeerId
  readonly others: () => readonly PeerId[]
  /** Somebody who is gone for good, for what history says of them. */
  readonly departed: PeerId
  readonly push: () => void
}

export class FakeDecisions implements Decisions, DecisionsControl, MemberFaults {
  readonly #room: FakeRoom
  #state: DecisionsView['state']
  readonly #hosts: PeerId[]
  readonly #away = new Set<PeerId>()
  readonly #entries = new Map<string, Decided>()
  readonly #watchers = new Set<{ readonly prefix: string; readonly tell: (change: DecidedChange) => void }>()
  #lines: LogLine[] = []
  #elections: ElectionRecord[]
  #leader: PeerId | undefined
  #term = 3
  #commit = 1_186
  #version = 640
  #conflict: DecisionsView['conflict']
  #timing: TimingView = { preset: 'auto', ...quick }
  #generation = { id: 'g7Qm2ZxR4Kd1', bornAtMs: Date.now() - 7_200_000, parent: undefined as string | undefined }

  constructor(scene: DecisionScene, room: FakeRoom) {
    this.#room = room
    const { self } = room
    this.#state =
      scene === 'successor'
        ? 'conflict'
        : ['follower', 'away', 'busy', 'none'].includes(scene)
          ? 'ready'
          : (scene as DecisionsView['state'])
    const others = room.others()
    const isWithoutCopy = scene === 'storage-lost' || scene === 'joining'
    const voters = others.length >= 4 ? 5 : others.length >= 2 ? 3 : 1
    this.#hosts = isWithoutCopy ? others.slice(0, 3) : [self, ...others.slice(0, voters - 1)]
    const second = this.#hosts[1]
    this.#leader = scene === 'follower' || isWithoutCopy ? second : self
    const nowMs = Date.now()
    const record = (term: number, host: PeerId, agoMs: number, reason: ElectionRecord['reason']) => ({
      term,
      member: memberOf(host),
      host,
      atMs: nowMs - agoMs,
      reason,
    })
    this.#elections =
      voters === 1
        ? [record(1, self, 640_000, 'first')]
        : [
            record(1, room.departed, 6_900_000, 'first'),
            record(2, second ?? self, 95_000, 'handover'),
            record(3, this.#leader ?? self, 12_000, 'leader-gone'),
          ]
    if (scene !== 'follower' && second) this.#elections[1] = record(2, room.departed, 95_000, 'timeout')
    if (voters === 1) this.#term = 1
    if (scene === 'electing' || scene === 'no-quorum') {
      this.#leader = undefined
      this.#term = 4
      this.#elections[2] = record(3, second ?? self, 12_000, 'leader-gone')
      for (const host of this.#hosts.slice(1, scene === 'electing' ? 2 : 4)) this.#away.add(host)
    }
    if (scene === 'away' && second) this.#away.add(second)
    if (this.#state === 'conflict') {
      const isSuccessor = scene === 'successor'
      const other = {
        id: 'hB81ncVw0Tq5',
        bornAtMs: nowMs - 310_000,
        parent: isSuccessor ? this.#generation.id : undefined,
        decided: 17,
      }
      this.#conflict = { other, peer: others[0] ?? self, isSuccessor, ownDecided: isSuccessor ? 4 : 612 }
    }
    for (const [key, value] of firstKeys) this.#entries.set(key, { key, value, version: ++this.#version })
    this.#fillLog()
    if (scene === 'busy') setInterval(() => this.#rush(), pushMs)
  }

  get view(): DecisionsView {
    const members = this.#members()
    const voters = members.filter(({ seat }) => seat === 'voter')
    const live = voters.filter(({ isLive }) => isLive).length
    const needs = Math.floor(voters.length / 2) + 1
    const tolerates = voters.length - needs
    const isBlank = this.#state === 'starting'
    const holdsCopy = members.some(({ isHostedHere }) => isHostedHere)
    const leader = this.#leader
    return {
      state: this.#state,
      sentence: '',
      generation: isBlank ? undefined : { ...this.#generation, decided: 612 },
      term: isBlank ? 0 : this.#term,
      leader: leader && !isBlank ? { member: memberOf(leader), host: leader, term: this.#term } : undefined,
      members: isBlank ? [] : members,
      quorum: {
        voters: isBlank ? 0 : voters.length,
        needs: isBlank ? 0 : needs,
        tolerates,
        live,
        sentence: `${voters.length} ${voters.length === 1 ? 'voter' : 'voters'}: needs ${needs}, tolerates ${tolerates}`,
      },
      log:
        holdsCopy && !isBlank
          ? {
              firstIndex: 1_001,
              lastIndex: this.#lines.at(-1)?.index ?? this.#commit,
              commit: this.#commit,
              applied: this.#commit,
              lines: this.#lines,
            }
          : { firstIndex: 0, lastIndex: 0, commit: 0, applied: 0, lines: [] },
      elections: isBlank ? [] : this.#elections,
      keys: this.#entries.size,
      bytes: 1_240,
      conflict: this.#conflict,
      timing: this.#timing,
      pace: 1,
      counters: {},
    }
  }

  async get(key: string): Promise<Json | undefined> {
    await this.#ready()
    return this.#entries.get(key)?.value
  }

  async set(key: string, value: Json): Promise<{ version: number }> {
    if (key === 'unknown')
      throw new MeshError('timeout', 'the leader did not answer within 10 s', { outcome: 'unknown' })
    if (JSON.stringify(value).length > 65_536) throw new MeshError('too-large', 'a value may have 64 KiB')
    await this.#ready()
    return { version: this.#write(key, value) }
  }

  async delete(key: string): Promise<{ version: number }> {
    await this.#ready()
    return { version: this.#write(key, undefined) }
  }

  async compareAndSet(
    key: string,
    expected: Json | undefined,
    value: Json | undefined,
  ): Promise<{ swapped: boolean; value: Json | undefined }> {
    await this.#ready()
    const held = this.#entries.get(key)?.value
    if (!sameJson(held, expected)) return { swapped: false, value: held }
    this.#write(key, value)
    return { swapped: true, value }
  }

  async list(prefix = ''): Promise<readonly Decided[]> {
    if (this.#state !== 'conflict') await this.#ready()
    return [...this.#entries.values()].filter(({ key }) => key.startsWith(prefix))
  }

  watch(tell: (change: DecidedChange) => void, { prefix = '' }: { readonly prefix?: string } = {}): () => void {
    const watcher = { prefix, tell }
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  async propose(command: Json): Promise<{ index: number; term: number }> {
    await this.#ready()
    this.#append('command', JSON.stringify(command))
    return { index: this.#commit, term: this.#term }
  }

  async stepDown(target?: MemberId): Promise<void> {
    await pause(commitMs)
    const next = this.#hosts.find(host =>
      target ? memberOf(host) === target : host !== this.#leader && !this.#away.has(host),
    )
    if (next) this.#lead(next, 'handover')
  }

  async verifyQuorum() {
    await this.#ready()
    const { leader, quorum } = this.view
    if (!leader) throw new MeshError('no-quorum', 'nobody leads')
    const voters = this.#members().filter(({ seat }) => seat === 'voter')
    const membersOf = (isLive: boolean) => voters.filter(one => one.isLive === isLive).map(({ member }) => member)
    return { ...quorum, leader, index: this.#commit, answered: membersOf(true), silent: membersOf(false) }
  }

  async configure({ preset = 'auto' }: Partial<TimingChoice>) {
    await pause(commitMs)
    this.#timing = { preset, ...(preset === 'internet' ? slow : quick) }
    this.#room.push()
    return this.#timing
  }

  async continueFromHere() {
    await pause(200)
    this.#generation = { id: 'k3Xw9PbT7Ls2', bornAtMs: Date.now(), parent: this.#generation.id }
    this.#hosts.splice(1)
    this.#away.clear()
    this.#state = 'ready'
    this.#lead(this.#room.self, 'first')
    return { ...this.#generation, decided: 612 }
  }

  async joinOther(): Promise<void> {
    await pause(200)
    this.#conflict = undefined
    this.#state = 'ready'
    this.#room.push()
  }

  async pause({ target, forMs }: { readonly target: readonly PeerId[]; readonly forMs: number }): Promise<void> {
    for (const host of target) this.#lose(host)
    setTimeout(() => this.heal(), forMs)
  }

  async cut(peer: PeerId): Promise<void> {
    this.#lose(peer)
  }

  async heal(): Promise<void> {
    this.#away.clear()
    this.#judge('timeout')
  }

  #lose(host: PeerId): void {
    this.#away.add(host)
    if (host === this.#leader) this.#leader = undefined
    this.#judge('timeout')
  }

  /** Elects where that is possible, after a while. */
  #judge(reason: ElectionRecord['reason']): void {
    const live = this.#hosts.filter(host => !this.#away.has(host))
    const isEnough = live.length * 2 > this.#hosts.length
    this.#state = !isEnough ? 'no-quorum' : this.#leader ? 'ready' : 'electing'
    if (!isEnough) this.#leader = undefined
    this.#room.push()
    const next = live.at(-1)
    if (this.#state !== 'electing' || !next) return
    setTimeout(() => this.#state === 'electing' && this.#lead(next, reason), electionMs)
  }

  #lead(host: PeerId, reason: ElectionRecord['reason']): void {
    this.#leader = host
    this.#term++
    this.#state = 'ready'
    this.#elections = [
      ...this.#elections,
      { term: this.#term, member: memberOf(host), host, atMs: Date.now(), reason },
    ].slice(-100)
    this.#append('noop', 'a new leader begins its term')
    this.#room.push()
  }

  async #ready(): Promise<void> {
    if (this.#state === 'no-quorum')
      throw new MeshError('no-quorum', 'fewer voters can be reached than are needed', { outcome: 'not-applied' })
    while (this.#state === 'electing') await pause(50)
    await pause(commitMs)
  }

  #write(key: string, value: Json | undefined): number {
    const version = ++this.#version
    if (value === undefined) this.#entries.delete(key)
    else this.#entries.set(key, { key, value, version })
    this.#append('command', value === undefined ? `delete ${key}` : `set ${key} = ${JSON.stringify(value)}`)
    for (const { prefix, tell } of this.#watchers) if (key.startsWith(prefix)) tell({ key, value, version })
    this.#room.push()
    return version
  }

  #append(kind: LogLine['kind'], text: string): void {
    this.#commit++
    const line: LogLine = { index: this.#commit, term: this.#term, kind, text: text.slice(0, 120), state: 'applied' }
    this.#lines = [...this.#lines, line].slice(-60)
  }

  #rush(): void {
    for (let index = 0; index < busyPerPush; index++) {
      const key = `load/${String(index % 50).padStart(2, '0')}`
      const version = ++this.#version
      const value = version * 7
      this.#entries.set(key, { key, value, version })
      this.#append('command', `set ${key} = ${value}`)
      for (const { tell } of this.#watchers) tell({ key, value, version })
    }
    this.#room.push()
  }

  #members(): MemberView[] {
    const { self } = this.#room
    const seats = this.#room
      .others()
      .filter(host => !this.#hosts.includes(host))
      .slice(0, 4)
    const hosts = this.#hosts
    const knowsMatch = this.#leader === self
    const last = this.#lines.at(-1)?.index ?? this.#commit
    return [...hosts, ...seats].map((host, index) => {
      const isVoter = index < hosts.length
      const isLive = !this.#away.has(host)
      const isHostedHere = host === self && this.#state !== 'storage-lost'
      const isLeader = host === this.#leader
      return {
        member: memberOf(host),
        seat: isVoter ? 'voter' : 'learner',
        host,
        session: 'fake-session-of-a-peer' as SessionId,
        epoch: 1 + (index % 3),
        isLive,
        isHostedHere,
        role: isLeader ? 'leader' : isHostedHere ? (this.#state === 'electing' ? 'candidate' : 'follower') : undefined,
        term: isLeader || isHostedHere ? this.#term : undefined,
        match: knowsMatch ? last - (isVoter ? (isLive ? index % 2 : 61) : 120 + index * 9) : undefined,
        replication: knowsMatch && !isLeader ? (isLive ? 'replicate' : 'probe') : undefined,
      }
    })
  }

  #fillLog(): void {
    const commit = this.#commit
    this.#commit = commit - 41
    this.#append('noop', 'a new leader begins its term')
    this.#append('membership', `voters ${this.#hosts.map(host => host.slice(-4)).join(', ')}`)
    for (let index = 0; this.#commit < commit; index++) {
      const [key, value] = firstKeys[index % firstKeys.length] ?? ['colour', 'red']
      this.#append('command', `set ${key} = ${JSON.stringify(value)}`)
    }
    if (this.#leader === this.#room.self && this.#state === 'ready' && this.#hosts.length > 1) {
      const open = (ahead: number, state: LogLine['state'], text: string): LogLine => ({
        index: commit + ahead,
        term: this.#term,
        kind: 'command',
        text,
        state,
      })
      this.#lines = [
        ...this.#lines.slice(0, -1),
        open(0, 'committed', 'set colour = "blue"'),
        open(1, 'durable', 'set colour = "green"'),
        open(2, 'appended', 'delete draft'),
      ]
    }
  }
}

function memberOf(host: PeerId): MemberId {
  return `m-${host.slice(-12)}` as MemberId
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
