/** Stock Chromium and Firefox, as people have them: found on this machine, installed where that is possible, and launched. */
import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { type Browser, type LaunchOptions, launch } from 'puppeteer-core'

export type BrowserName = 'chromium' | 'firefox'

interface Kind {
  readonly override: string
  readonly commands: readonly string[]
  /** The Debian package that brings the first command. */
  readonly debian: string
}

const kinds: Record<BrowserName, Kind> = {
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
}

/** The path of an installed browser, after installing it where that is possible. Throws with what to run where it is not. */
export function executableOf(name: BrowserName): string {
  return find(name) ?? install(name)
}

export async function launchBrowser(name: BrowserName, choice: LaunchChoice = {}): Promise<Browser> {
  const shared: LaunchOptions = {
    executablePath: executableOf(name),
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

function find(name: BrowserName): string | undefined {
  const { override, commands } = kinds[name]
  const chosen = process.env[override]
  if (chosen) {
    if (isExecutable(chosen)) return chosen
    throw new Error(`${override} names ${chosen}, which is not an executable file`)
  }
  const folders = (process.env.PATH ?? '').split(':').filter(folder => folder !== '')
  const paths = commands.flatMap(command => [...folders, '/usr/bin'].map(folder => `${folder}/${command}`))
  return paths.find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function install(name: BrowserName): string {
  const { override, debian } = kinds[name]
  const advice = `No ${name} was found. Run: sudo apt-get install -y ${debian}   (or set ${override} to its path)`
  if (process.getuid?.() !== 0 || !isExecutable('/usr/bin/apt-get')) throw new Error(advice)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  process.stderr.write(`${name} is not installed; installing ${debian} with apt-get\n`)
  try {
    execFileSync('apt-get', ['update', '-qq'], { env, stdio: ['ignore', 'inherit', 'inherit'] })
    const args = ['install', '-y', '-qq', '--no-install-recommends', debian]
    execFileSync('apt-get', args, { env, stdio: ['ignore', 'inherit', 'inherit'] })
  } catch (cause) {
    throw new Error(advice, { cause })
  }
  const path = find(name)
  if (path === undefined) throw new Error(advice)
  return path
}
