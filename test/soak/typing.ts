/**
 * Everybody types in one document, while the room is cut in halves and healed, and tabs are reloaded, closed, crashed and opened. After each
 * healing everybody must have what was typed before it, within 5 s; at the end all copies are equal, no confirmed word is lost or there
 * twice, and presence shows exactly those who are there.
 */
import { rounded, summary, table } from '../../bench/support/numbers.ts'
import type { PeerId } from '../../src/base/ids.ts'
import { openDisplay } from '../browser/support/display.ts'
import { type Room, Stage } from '../browser/support/stage.ts'
import { closeTab, crashTab, iceFailed, idOf, meshOf, waitForPeers } from '../browser/support/tabs.ts'
import type { SoakOptions } from './options.ts'
import { progress } from './progress.ts'
import { type Holding, holdingOf, openTypist, reloadTypist, type Typist, type } from './typist.ts'

/** Each tab types so many edits in each round, and a round takes at least so long, ms. */
const editsPerRound = 3
const roundMs = 500
/** The room is in halves for so long, then whole, ms. */
const cutMs = 6_000
const wholeMs = 8_000
/** Everybody has what was typed before a healing after this long, ms. */
const healedMsMax = 5_000
/** How long is waited for what should have come by then, before it counts as never, ms. */
const waitMs = 60_000
/** What was confirmed less than this before its tab ended may have reached neither a disk nor a peer, ms. */
const graceMs = 500

const comings = ['reload', 'close', 'reload', 'crash'] as const
type Coming = (typeof comings)[number]

/** What must be everywhere: of each author so many words. */
type Due = ReadonlyMap<string, number>

export async function run(options: SoakOptions): Promise<readonly string[]> {
  const display = await openDisplay()
  const stage = await Stage.open(options.browsers, { display: display.name })
  const typing = new Typing(stage, options)
  try {
    await typing.gather()
    await typing.storm()
    return await typing.verdict()
  } finally {
    await stage.clear([iceFailed]).catch(error => console.error(String(error)))
    await stage.close()
    display.close()
  }
}

class Typing {
  readonly #stage: Stage
  readonly #room: Room
  readonly #options: SoakOptions
  readonly #tabs: Typist[] = []
  /** Words of tabs that ended, which must have survived. */
  readonly #bequeathed = new Map<string, number>()
  readonly #broken: string[] = []
  /** From each healing until everybody had what was typed before it; and, of those in which they did by then, until all saw all. */
  readonly #healedMs: number[] = []
  readonly #metMs: number[] = []
  readonly #counts = { edits: 0, cuts: 0, unconfirmed: 0, reload: 0, close: 0, crash: 0 }
  #opened = 0
  #came = 0

  constructor(stage: Stage, options: SoakOptions) {
    this.#stage = stage
    this.#room = stage.room()
    this.#options = options
  }

  async gather(): Promise<void> {
    while (this.#tabs.length < this.#options.tabs) await this.#open()
    for (const tab of this.#tabs) await waitForPeers(tab, this.#tabs.length - 1, 120_000)
  }

  async storm(): Promise<void> {
    const endMs = Date.now() + this.#options.minutes * 60_000
    while (Date.now() < endMs) {
      await this.#cut()
      await this.#typeUntil(Math.min(Date.now() + cutMs, endMs), false)
      await this.#heal()
      await this.#typeUntil(Math.min(Date.now() + wholeMs, endMs), true)
      const left = Math.max(0, Math.ceil((endMs - Date.now()) / 1_000))
      progress(
        `${left} s to go; ${JSON.stringify(this.#counts)}; healed in ${this.#healedMs.map(rounded).join(', ')} ms`,
      )
    }
  }

  /** One more cut, nobody types after it is healed, and all must be equal. */
  async verdict(): Promise<readonly string[]> {
    await this.#cut()
    await this.#typeUntil(Date.now() + cutMs, false)
    const equalMs = await this.#heal(true)
    const due = this.#due()
    const names = this.#tabs.map(({ author }) => author).sort()
    const isShown = ({ people }: Holding) => people.join() === names.join()
    let holdings = await this.#holdings()
    for (const untilMs = Date.now() + healedMsMax; Date.now() < untilMs && !holdings.every(isShown); )
      holdings = await this.#holdings()
    for (const [at, holding] of holdings.entries()) {
      const { words, doubled, torn, people } = holding
      const who = `${this.#tabs[at]?.author} (${this.#tabs[at]?.browserName})`
      const lost = [...due].filter(([author, count]) => (words[author] ?? 0) < count)
      if (lost.length > 0) this.#broken.push(`${who} lacks words of ${lost.map(([author]) => author).join(', ')}`)
      if (doubled > 0) this.#broken.push(`${who} has ${doubled} words twice`)
      if (torn.length > 0) this.#broken.push(`${who} has later words of ${torn.join(', ')} without earlier ones`)
      if (!isShown(holding)) this.#broken.push(`${who} sees ${people.join(' ')}, not ${names.join(' ')}`)
    }
    const problems = this.#tabs.flatMap(tab => tab.problems).filter(text => !iceFailed.test(text))
    for (const problem of new Set(problems)) this.#broken.push(`a console said: ${problem}`)
    const healed = summary(this.#healedMs)
    const row = {
      tabs: this.#options.tabs,
      browsers: this.#options.browsers.join(' and '),
      minutes: this.#options.minutes,
      ...this.#counts,
      words: [...due.values()].reduce((a, b) => a + b, 0),
      'all see all after healing, ms p50': summary(this.#metMs).p50,
      'all have it after healing, ms p50': healed.p50,
      'ms max': healed.max,
      'equal after the last, ms': equalMs === undefined ? 'never' : rounded(equalMs),
      broken: this.#broken.length,
    }
    console.log(`\n${table([row])}\n`)
    console.log(JSON.stringify(row))
    return this.#broken
  }

  async #typeUntil(untilMs: number, mayCome: boolean): Promise<void> {
    for (let round = 1; Date.now() < untilMs; round++) {
      const ends = new Promise(resolve => setTimeout(resolve, roundMs))
      // Halfway through what everybody else types.
      const coming = round % 6 === 3 ? this.#come(mayCome) : undefined
      await Promise.all(
        this.#tabs.map(async tab => {
          await type(tab, editsPerRound).catch(error => {
            if (!tab.isGone && !this.#isEnding.has(tab)) throw error
          })
          this.#counts.edits += editsPerRound
        }),
      )
      await coming
      await ends
    }
  }

  readonly #isEnding = new Set<Typist>()

  /** A tab is reloaded, also in a half; or ends, and another one opens. */
  async #come(mayEnd: boolean): Promise<void> {
    const next: Coming = comings[this.#came++ % comings.length] ?? 'reload'
    const coming = mayEnd ? next : 'reload'
    const tab = this.#tabs[Math.floor(Math.random() * this.#tabs.length)]
    if (!tab) return
    this.#isEnding.add(tab)
    if (coming === 'reload') {
      this.#counts.reload++
      const endsAtMs = Date.now() // joining again may take longer than the grace
      this.#bequeath(await reloadTypist(tab), endsAtMs)
      this.#isEnding.delete(tab)
      return
    }
    this.#tabs.splice(this.#tabs.indexOf(tab), 1)
    this.#bequeath(tab, Date.now())
    const mayCrash = coming === 'crash' && tab.browserName === 'chromium'
    this.#counts[mayCrash ? 'crash' : 'close']++
    if (mayCrash) await crashTab(tab)
    else await closeTab(tab)
    await this.#open(tab.browserName)
  }

  /** What it had confirmed a while ago is at a peer, or on its browser's disk. */
  #bequeath({ author, typed }: Pick<Typist, 'author' | 'typed'>, endsAtMs: number): void {
    this.#bequeathed.set(author, typed.filter(atMs => atMs < endsAtMs - graceMs).length)
  }

  async #open(browser = this.#options.browsers[this.#opened % this.#options.browsers.length]): Promise<void> {
    if (!browser) throw new Error('no browser')
    this.#opened++
    const placement = this.#options.hidden ? 'tab' : 'window'
    this.#tabs.push(await openTypist(this.#stage, browser, name => this.#room.url(name), placement))
  }

  /** In halves by chance, each of both browsers as it comes. */
  async #cut(): Promise<void> {
    const ids = new Map<PeerId, number>()
    for (const tab of this.#tabs) ids.set(await idOf(tab), Math.random())
    const order = [...ids].sort(([, one], [, other]) => one - other).map(([id]) => id)
    const half = Math.ceil(order.length / 2)
    const [first] = this.#tabs
    if (!first) return
    const outcome = await (await meshOf(first)).evaluate(
      (mesh, halves) => mesh.faults.partition(halves),
      [order.slice(0, half), order.slice(half)],
    )
    this.#counts.cuts++
    this.#counts.unconfirmed += outcome.unconfirmed.length // a cut may keep the answer back
  }

  /** Returns how long it took until everybody had all of before; with `isLast`, until all were equal. */
  async #heal(isLast = false): Promise<number | undefined> {
    const [healer] = this.#tabs
    if (!healer) return
    const due = this.#due()
    // Also where the healer was reloaded since, and has forgotten the cut.
    await (await meshOf(healer)).evaluate(mesh => mesh.faults.heal({ room: true }))
    const healedAtMs = Date.now()
    let metMs: number | undefined
    for (;;) {
      const holdings = await this.#holdings()
      const tookMs = Date.now() - healedAtMs
      if (holdings.every(({ peers }) => peers === this.#tabs.length - 1)) metMs ??= tookMs
      const isThere = holdings.every(({ words }) => [...due].every(([author, count]) => (words[author] ?? 0) >= count))
      const isEqual = new Set(holdings.map(({ digest }) => digest)).size === 1
      if (isThere && (isEqual || !isLast)) {
        this.#healedMs.push(tookMs)
        if (metMs !== undefined) this.#metMs.push(metMs)
        if (tookMs > healedMsMax)
          this.#broken.push(`${tookMs} ms after a healing, not ${healedMsMax}, all had everything`)
        return tookMs
      }
      if (tookMs > waitMs) {
        this.#broken.push(`all had everything never, ${waitMs} ms after a healing: ${this.#behind(holdings, due)}`)
        return undefined
      }
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }

  #due(): Due {
    const own = this.#tabs.map(({ author, typed }) => [author, typed.length] as const)
    return new Map([...this.#bequeathed, ...own])
  }

  #holdings(): Promise<Holding[]> {
    return Promise.all(this.#tabs.map(holdingOf))
  }

  #behind(holdings: readonly Holding[], due: Due): string {
    return holdings
      .map(({ words, digest }, at) => {
        const lacks = [...due].filter(([author, count]) => (words[author] ?? 0) < count)
        const { author, browserName } = this.#tabs[at] ?? {}
        return `${author} (${browserName}, ${digest}) lacks ${lacks.map(([author, count]) => `${author} ${words[author] ?? 0}/${count}`).join(' ')}`
      })
      .join('; ')
  }
}
