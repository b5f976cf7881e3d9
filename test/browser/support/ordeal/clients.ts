/**
 * Clients that read, write and swap at random through real tabs, and write down what they asked and were told. Each call is stamped
 * here before it is sent and after it came back: intervals are wider than the true ones by the way to the browser, which may hide a
 * violation of a millisecond and can never invent one. A tab that vanishes takes the answers with it: those outcomes stay open.
 */
import type { Json } from '../../../../src/base/json.ts'
import type { Random } from '../../../../src/base/random.ts'
import { mismatch, type Operation, replaced } from '../../../../src/simulator/checkers/history.ts'
import type { Tab } from '../tabs.ts'

/** Keys that all clients fight for at a time. */
export const keysAtOnce = 5
/** After so long the clients turn to fresh keys, so that each history stays small enough to be searched, ms. */
const keysForMs = 60_000
/** Every so many operations a client writes a key that is its own and is looked for at the end; it has this many in turn. */
const keptEvery = 10
const keptSlots = 100
const timeoutMs = 5_000
/** A tab that gives no answer at all (it is frozen, or on its way out) is waited for so long, ms. */
const patienceMs = 20_000
/** A breath between two operations of a client, ms: it shares the machine with what it tests. */
const breathMs = 5

export interface Answer {
  readonly code: string
  readonly outcome: 'done' | 'unknown' | 'not-applied'
  readonly value?: Json
  readonly ms: number
}

type Asked =
  | { readonly f: 'read'; readonly key: string }
  | { readonly f: 'write'; readonly key: string; readonly value: Json }
  | { readonly f: 'cas'; readonly key: string; readonly expected: Json; readonly value: Json }

export class Clients {
  readonly operations: Operation[] = []
  /** How often each outcome was told; `done`, or a code with what is known. */
  readonly outcomes: Record<string, number> = {}
  /** Of operations that were done, ms as the page measured them. */
  readonly latenciesMs: number[] = []
  readonly #tabs: () => readonly Tab[]
  readonly #random: Random
  readonly #startedAtMs = Date.now()
  /** The last acknowledged write of each key that has one writer. */
  readonly #kept = new Map<string, number>()
  #lastDoneAtMs = Date.now()
  #longestGapMs = 0
  #position = 0
  #processes = 0
  #writes = 0
  #isOver = false

  /** `tabs` are those that may be asked at this moment. */
  constructor(tabs: () => readonly Tab[], random: Random) {
    this.#tabs = tabs
    this.#random = random
  }

  /** Resolves when all have ended, after `stop`. */
  async run(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, (_, place) => this.#client(place)))
  }

  stop(): void {
    this.#isOver = true
  }

  /** The longest time in which nobody was answered since this was asked last, ms; one that goes on counts. */
  takeGapMs(): number {
    const gapMs = Math.max(this.#longestGapMs, Date.now() - this.#lastDoneAtMs)
    this.#longestGapMs = 0
    return gapMs
  }

  /** Each key once more through each tab, as part of the history; and the keys of which acknowledged writes are missing. */
  async lookAtTheEnd(tabs: readonly Tab[]): Promise<string[]> {
    const keys = [...new Set(this.operations.map(({ key }) => key))]
    const missing = new Set<string>()
    for (const tab of tabs) {
      for (const key of keys) await this.#ask(this.#processes++, tab, { f: 'read', key })
      const kept = await list(tab, 'kept.')
      for (const [key, value] of this.#kept) if (!(Number(kept[key]) >= value)) missing.add(`${key} = ${value}`)
    }
    return [...missing]
  }

  async #client(place: number): Promise<void> {
    let process = this.#processes++
    const seen = new Map<string, Json>()
    for (let turn = 0; !this.#isOver; turn++) {
      const tab = this.#pick(this.#tabs())
      if (tab) {
        const asked = turn % keptEvery === keptEvery - 1 ? this.#keptOf(place, turn) : this.#anything(seen)
        const outcome = await this.#ask(process, tab, asked, seen)
        if (outcome === 'unknown') process = this.#processes++
      }
      await new Promise(resolve => setTimeout(resolve, breathMs))
    }
  }

  #anything(seen: ReadonlyMap<string, Json>): Asked {
    const round = Math.floor((Date.now() - this.#startedAtMs) / keysForMs)
    const key = `${round}.${Math.floor(this.#random.next() * keysAtOnce)}`
    const chance = this.#random.next()
    if (chance < 0.4) return { f: 'read', key }
    const value = ++this.#writes // unlike any other: whoever reads it knows whose it is
    if (chance < 0.7) return { f: 'write', key, value }
    return { f: 'cas', key, expected: seen.get(key) ?? null, value }
  }

  #keptOf(place: number, turn: number): Asked {
    const slot = Math.floor(turn / keptEvery) % keptSlots
    return { f: 'write', key: `kept.${place}.${slot}`, value: ++this.#writes }
  }

  async #ask(process: number, tab: Tab, asked: Asked, seen?: Map<string, Json>): Promise<Answer['outcome']> {
    const calledAt = this.#position++
    const answer = await perform(tab, asked)
    const returnedAt = this.#position++
    const { f, key } = asked
    const name = answer.outcome === 'done' ? 'done' : `${answer.code} (${answer.outcome})`
    this.outcomes[name] = (this.outcomes[name] ?? 0) + 1
    if (answer.outcome === 'done') this.#done(answer.ms)
    const input = f === 'read' ? null : f === 'write' ? asked.value : [asked.expected, asked.value]
    const call = { process, f, key, input, calledAt }
    if (answer.outcome === 'unknown' && f !== 'read')
      this.operations.push({ ...call, output: undefined, returnedAt: undefined })
    if (answer.outcome !== 'done') return answer.outcome
    if (f === 'write' && key.startsWith('kept.')) this.#kept.set(key, Number(asked.value))
    const output = f === 'cas' ? (answer.value === true ? replaced : mismatch) : (answer.value ?? null)
    this.operations.push({ ...call, output, returnedAt })
    seen?.set(key, f === 'read' ? output : f === 'cas' && output === mismatch ? null : asked.value)
    return 'done'
  }

  #done(ms: number): void {
    const nowMs = Date.now()
    this.latenciesMs.push(ms)
    this.#longestGapMs = Math.max(this.#longestGapMs, nowMs - this.#lastDoneAtMs)
    this.#lastDoneAtMs = nowMs
  }

  #pick(tabs: readonly Tab[]): Tab | undefined {
    return tabs[Math.floor(this.#random.next() * tabs.length)]
  }
}

/** Never rejects: whatever went wrong on the way there or back leaves the outcome open. */
async function perform({ page }: Tab, asked: Asked): Promise<Answer> {
  const startedAtMs = Date.now()
  const open = (code: string): Answer => ({ code, outcome: 'unknown', ms: Date.now() - startedAtMs })
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<Answer>(resolve => {
    timer = setTimeout(() => resolve(open('silence')), patienceMs)
  })
  const answer = page.evaluate(askInPage, asked as never, timeoutMs).then(
    told => told as Answer,
    () => open('tab-gone'),
  )
  return Promise.race([answer, silence]).finally(() => clearTimeout(timer))
}

async function askInPage(asked: Asked, timeoutMs: number): Promise<Answer> {
  const startedAtMs = performance.now()
  const ms = () => performance.now() - startedAtMs
  const decisions = globalThis.mesh?.decisions
  // A tab under reload: Firefox asks the new document what it had asked the old one, which may have done it.
  if (!decisions) return { code: 'not-joined', outcome: 'unknown', ms: 0 }
  const maybe = (value: Json) => (value === null ? undefined : value)
  try {
    const { f, key } = asked
    if (f === 'read') {
      const value = (await decisions.get(key, { timeoutMs })) ?? null
      return { code: '', outcome: 'done', value, ms: ms() }
    }
    if (f === 'write') {
      await decisions.set(key, asked.value, { timeoutMs })
      return { code: '', outcome: 'done', value: asked.value, ms: ms() }
    }
    const { swapped } = await decisions.compareAndSet(key, maybe(asked.expected), asked.value, { timeoutMs })
    return { code: '', outcome: 'done', value: swapped, ms: ms() }
  } catch (error) {
    const { code = 'error', outcome = 'unknown' } = error as { code?: string; outcome?: Answer['outcome'] }
    return { code, outcome, ms: ms() }
  }
}

function list({ page }: Tab, prefix: string): Promise<Record<string, Json>> {
  return page.evaluate(async prefix => {
    const found = (await globalThis.mesh?.decisions.list(prefix, { timeoutMs: 20_000 })) ?? []
    return Object.fromEntries(found.map(({ key, value }) => [key, value]))
  }, prefix) as Promise<Record<string, Json>>
}
