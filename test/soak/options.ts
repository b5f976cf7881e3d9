/** What every soak can be told. */
import { parseArgs } from 'node:util'
import type { BrowserName } from '../browser/support/browsers.ts'

export interface SoakOptions {
  readonly browser: BrowserName
  /** More than one where the soak mixes them. */
  readonly browsers: readonly BrowserName[]
  /** Hidden tabs are the common case: whoever opens five sees one. */
  readonly hidden: boolean
  readonly tabs: number
  readonly minutes: number
}

export interface SoakDefaults {
  readonly tabs: number
  readonly minutes: number
  /** Visible unless it is told to be hidden; the others are hidden unless they are told to be visible. */
  readonly isVisible?: boolean
  /** Takes `--browser both`. */
  readonly mixes?: boolean
}

export class UsageError extends Error {}

const tabsMax = 200
const minutesMax = 24 * 60

export function soakOptions(args: readonly string[], defaults: SoakDefaults): SoakOptions {
  const { browser = 'chromium', visible, hidden, ...given } = parse(args)
  const browsers = browsersOf(browser, defaults.mixes === true)
  const tabs = given.tabs === undefined ? defaults.tabs : Number(given.tabs)
  const minutes = given.minutes === undefined ? defaults.minutes : Number(given.minutes)
  if (!Number.isInteger(tabs) || tabs < 2 || tabs > tabsMax)
    throw new UsageError(`--tabs is a whole number from 2 to ${tabsMax}`)
  if (!(minutes > 0 && minutes <= minutesMax)) throw new UsageError(`--minutes is above 0 and at most ${minutesMax}`)
  if (visible && hidden) throw new UsageError('--visible and --hidden exclude each other')
  const isHidden = hidden ?? !(visible ?? defaults.isVisible ?? false)
  return { browser: browsers[0], browsers, hidden: isHidden, tabs, minutes }
}

function browsersOf(text: string, mixes: boolean): readonly [BrowserName, ...BrowserName[]] {
  if (text === 'chromium' || text === 'firefox') return [text]
  if (text === 'both' && mixes) return ['chromium', 'firefox']
  throw new UsageError(`--browser is chromium${mixes ? ', firefox or both' : ' or firefox'}, not ${text}`)
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        browser: { type: 'string' },
        visible: { type: 'boolean' },
        hidden: { type: 'boolean' },
        tabs: { type: 'string' },
        minutes: { type: 'string' },
      },
    })
    return values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}
