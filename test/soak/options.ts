/** What every soak can be told. */
import { parseArgs } from 'node:util'
import type { BrowserName } from '../browser/support/browsers.ts'

export interface SoakOptions {
  readonly browser: BrowserName
  /** Hidden tabs are the common case: whoever opens five sees one. */
  readonly hidden: boolean
  readonly tabs: number
  readonly minutes: number
}

export class UsageError extends Error {}

const tabsMax = 200
const minutesMax = 24 * 60

export function soakOptions(args: readonly string[], defaults: Pick<SoakOptions, 'tabs' | 'minutes'>): SoakOptions {
  const { browser = 'chromium', visible = false, ...given } = parse(args)
  if (browser !== 'chromium' && browser !== 'firefox')
    throw new UsageError(`--browser is chromium or firefox, not ${browser}`)
  const tabs = given.tabs === undefined ? defaults.tabs : Number(given.tabs)
  const minutes = given.minutes === undefined ? defaults.minutes : Number(given.minutes)
  if (!Number.isInteger(tabs) || tabs < 2 || tabs > tabsMax)
    throw new UsageError(`--tabs is a whole number from 2 to ${tabsMax}`)
  if (!(minutes > 0 && minutes <= minutesMax)) throw new UsageError(`--minutes is above 0 and at most ${minutesMax}`)
  return { browser, hidden: !visible, tabs, minutes }
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        browser: { type: 'string' },
        visible: { type: 'boolean' },
        tabs: { type: 'string' },
        minutes: { type: 'string' },
      },
    })
    return values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}
