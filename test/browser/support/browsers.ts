/** Stock Chromium and Firefox, as people have them: found on this machine, installed where that is possible, and launched. */
import { type Browser, type LaunchOptions, launch } from 'puppeteer-core'
import { executableOf, type Program } from './installed.ts'

export type BrowserName = 'chromium' | 'firefox'

const programs: Record<BrowserName, Program> = {
  chromium: {
    override: 'CHROMIUM_PATH',
    commands: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    debian: 'chromium',
  },
  firefox: { override: 'FIREFOX_PATH', commands: ['firefox-esr', 'firefox'], debian: 'firefox-esr' },
}

export interface LaunchChoice {
  /** An X display such as `:7`: the browser opens a real window there, whose background tabs are truly hidden. */
  readonly display?: string | undefined
  /** Another program in the place of the browser's, which starts it elsewhere. */
  readonly wrap?: (executable: string) => string
  /** Where its debugger is reached; any free port by default. */
  readonly debuggingPort?: number
  /** A profile that is there already; a fresh one by default. */
  readonly profile?: string
  /** Tabs whose address holds this text are left alone by the debugger: a browser treats those that are debugged with more care. */
  readonly leaving?: string
}

export async function launchBrowser(name: BrowserName, choice: LaunchChoice = {}): Promise<Browser> {
  const shared: LaunchOptions = {
    executablePath: choice.wrap?.(executableOf(programs[name])) ?? executableOf(programs[name]),
    ...(choice.debuggingPort !== undefined && { debuggingPort: choice.debuggingPort }),
    ...(choice.profile !== undefined && { userDataDir: choice.profile }),
    ...(choice.leaving !== undefined && { targetFilter: target => !target.url().includes(choice.leaving ?? '') }),
    headless: choice.display === undefined,
    env: { ...process.env, ...(choice.display !== undefined && { DISPLAY: choice.display }) },
    defaultViewport: null, // the window's own size, as for a person
    protocolTimeout: 120_000,
  }
  return launch(name === 'chromium' ? { ...shared, ...chromiumOptions(choice) } : { ...shared, ...firefoxOptions })
}

function chromiumOptions({ display }: LaunchChoice): LaunchOptions {
  return {
    browser: 'chrome',
    args: [
      '--no-sandbox', // Chromium refuses its sandbox to root, which is who runs in containers
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Candidates with plain addresses, so that Chromium and Firefox on a machine without mDNS find each other.
      '--disable-features=WebRtcHideLocalIpsWithMdns',
      '--window-size=1280,900',
    ],
    // Puppeteer keeps hidden tabs at full speed by default; a person's browser does not. Its third such argument stays: without a
    // window manager windows lie on top of each other, and the tab of a covered window would not be the visible one it stands for.
    ignoreDefaultArgs:
      display === undefined ? false : ['--disable-background-timer-throttling', '--disable-renderer-backgrounding'],
  }
}

const firefoxOptions: LaunchOptions = {
  browser: 'firefox', // speaks WebDriver BiDi
  args: ['--width=1280', '--height=900'],
  extraPrefsFirefox: {
    'media.peerconnection.ice.obfuscate_host_addresses': false, // no mDNS candidates, as above
    'media.peerconnection.ice.loopback': true, // containers without any other network
    'browser.tabs.unloadOnLowMemory': false,
    'privacy.reduceTimerPrecision': false, // benchmarks read times finer than 1 ms
  },
}
