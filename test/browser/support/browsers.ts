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
  /** Whoever launches it ends it at SIGTERM; by default it is closed then, which takes its time. */
  readonly outlivesSigterm?: boolean
}

export async function launchBrowser(name: BrowserName, choice: LaunchChoice = {}): Promise<Browser> {
  const shared: LaunchOptions = {
    executablePath: choice.wrap?.(executableOf(programs[name])) ?? executableOf(programs[name]),
    ...(choice.debuggingPort !== undefined && { debuggingPort: choice.debuggingPort }),
    ...(choice.profile !== undefined && { userDataDir: choice.profile }),
    headless: choice.display === undefined,
    env: { ...process.env, ...(choice.display !== undefined && { DISPLAY: choice.display }) },
    defaultViewport: null, // the window's own size, as for a person
    protocolTimeout: 120_000,
    handleSIGTERM: choice.outlivesSigterm !== true,
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

/**
 * From here on the debugger leaves new tabs of Chromium alone, even for a moment. Those that it attaches to are never discarded,
 * and one that was discarded is loaded again when it attaches to it (Puppeteer attaches to all, also to those it then filters out).
 */
export async function leaveNewTabsAlone(browser: Browser): Promise<void> {
  const session = await browser.target().createCDPSession()
  await session.connection()?.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: true,
    flatten: true,
    filter: [{ type: 'tab', exclude: true }, { type: 'page', exclude: true }, {}],
  })
  await session.detach()
}
