/** What every soak can be told. */
import { parseArgs } from 'node:util'
import type { BrowserName } from '../browser/support/browsers.ts'

export interface SoakOptions {
  readonly browser: BrowserName
  /** Of a run that can mix them (`--browser both`): tabs take turns. */
  readonly browsers: readonly BrowserName[]
  /** Hidden tabs are the common case: whoever opens five sees one. */
  readonly hidden: boolean
  readonly tabs: number
  readonly minutes: number
}

export class UsageError extends Error {}

const tabsMax = 200
const minutesMax = 24 * 60

const choices: Readonly<Record<string, readonly BrowserName[]>> = {
  chromium: ['chromium'],
  firefox: ['firefox'],
  both: ['chromium', 'firefox'],
}

export interface SoakDefaults extends Pick<SoakOptions, 'tabs' | 'minutes'> {
  /** Tabs of both browsers may meet. */
  readonly canMix?: boolean
}

export function soakOptions(args: readonly string[], { canMix = false, ...defaults }: SoakDefaults): SoakOptions {
  const { browser = 'chromium', visible = false, ...given } = parse(args)
  const browsers: readonly BrowserName[] | undefined = choices[browser]
  const [first] = browsers ?? []
  if (!browsers || !first) throw new UsageError(`--browser is chromium, firefox or both, not ${browser}`)
  if (browsers.length > 1 && !canMix) throw new UsageError('this one runs in one browser: chromium or firefox')
  const tabs = given.tabs === undefined ? defaults.tabs : Number(given.tabs)
  const minutes = given.minutes === undefined ? defaults.minutes : Number(given.minutes)
  if (!Number.isInteger(tabs) || tabs < 2 || tabs > tabsMax)
    throw new UsageError(`--tabs is a whole number from 2 to ${tabsMax}`)
  if (!(minutes > 0 && minutes <= minutesMax)) throw new UsageError(`--minutes is above 0 and at most ${minutesMax}`)
  return { browser: first, browsers, hidden: !visible, tabs, minutes }
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
