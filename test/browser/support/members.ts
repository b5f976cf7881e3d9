/** Members of a browser as they lie on its disk and as its tabs host them, watched for what must never be: two votes, two hosts. */
import type { DecisionsView } from '../../../src/consensus/decisions/types.ts'
import type { MemberId } from '../../../src/consensus/raft/messages.ts'
import { viewOf } from './deciding.ts'
import type { Tab } from './tabs.ts'

const lookEveryMs = 100

export interface Ballot {
  readonly member: string
  readonly term: number
  readonly votedFor: string
}

export class MemberWatch {
  /** What was seen and must never be. */
  readonly broken = new Set<string>()
  readonly #tabs: () => readonly Tab[]
  readonly #votes = new Map<string, string>()
  /** Who hosted each member at the last look: a handover may show the old and the new host once, never twice. */
  #hosts = new Map<string, readonly string[]>()
  #isOver = false
  #watching: Promise<void> = Promise.resolve()

  constructor(tabs: () => readonly Tab[]) {
    this.#tabs = tabs
  }

  watch(): void {
    this.#watching = (async () => {
      while (!this.#isOver) {
        await this.#look()
        await new Promise(resolve => setTimeout(resolve, lookEveryMs))
      }
    })()
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#watching
  }

  get votesSeen(): number {
    return this.#votes.size
  }

  async #look(): Promise<void> {
    const tabs = this.#tabs()
    for (const tab of tabs.slice(0, 1)) for (const ballot of await ballotsOn(tab).catch(() => [])) this.#count(ballot)
    const views = await Promise.all(tabs.map(tab => viewOf(tab).catch(() => undefined)))
    const hosts = new Map<string, string[]>()
    for (const view of views) for (const { member, session = '' } of hostedIn(view)) push(hosts, member, session)
    for (const [member, sessions] of hosts) {
      const before = this.#hosts.get(member) ?? []
      const both = sessions.filter(session => before.includes(session))
      if (both.length > 1) this.broken.add(`${member} has the hosts ${both.join(' and ')}`)
    }
    this.#hosts = hosts
  }

  #count({ member, term, votedFor }: Ballot): void {
    const key = `${member} in term ${term}`
    const before = this.#votes.get(key)
    if (before !== undefined && before !== votedFor) this.broken.add(`${key} voted for ${before} and ${votedFor}`)
    this.#votes.set(key, votedFor)
  }
}

export function hostedIn(view: DecisionsView | undefined): DecisionsView['members'] {
  return view?.members.filter(({ isHostedHere }) => isHostedHere) ?? []
}

export async function hostedBy(tab: Tab): Promise<MemberId[]> {
  return hostedIn(await viewOf(tab)).map(({ member }) => member)
}

/** Every vote in the members' logs on this tab's disk. */
function ballotsOn({ page }: Tab): Promise<Ballot[]> {
  return page.evaluate(async () => {
    const ballots: { member: string; term: number; votedFor: string }[] = []
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error)
      })
    /** Undefined where it was deleted meanwhile: it must not come back, empty, by being looked at. */
    const open = (name: string) => {
      const request = indexedDB.open(name)
      request.onupgradeneeded = () => request.transaction?.abort()
      return done(request).catch(() => undefined)
    }
    for (const { name = '' } of await indexedDB.databases()) {
      const [kind, , member] = name.split(':')
      if (kind !== 'tabmesh-raft' || member === undefined) continue
      const database = await open(name)
      if (!database) continue
      database.onversionchange = () => database.close()
      try {
        const records: { text: string }[] = await done(database.transaction('log').objectStore('log').getAll())
        for (const { text } of records) {
          const { hard } = JSON.parse(text) as { hard: { term: number; votedFor?: string | null } }
          if (hard.votedFor) ballots.push({ member, term: hard.term, votedFor: hard.votedFor })
        }
      } finally {
        database.close()
      }
    }
    return ballots
  })
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}
