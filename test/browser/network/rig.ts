/** Two network namespaces with bad weather between them, and a browser in each. Everything is made here, and nothing of the host's is touched. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'puppeteer-core'
import { freePort } from '../../support/free-port.ts'
import { type BrowserName, launchBrowser } from '../support/browsers.ts'
import { keepConnections } from '../support/connections.ts'
import { type Server, startServer } from '../support/server.ts'
import { blankTab, type Tab } from '../support/tabs.ts'
import { Door } from './door.ts'

const air = fileURLToPath(new URL('./air.py', import.meta.url))
const device = 'eth0'

/** Why this machine cannot run the rig; undefined where it can. */
export function whyNoRig(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  const name = `tmtry${process.pid}`
  try {
    execFileSync('ip', ['netns', 'add', name], { stdio: 'pipe' })
    try {
      execFileSync('ip', ['tuntap', 'add', 'dev', `tmtry${process.pid % 10_000}`, 'mode', 'tap'], { stdio: 'pipe' })
      execFileSync('ip', ['link', 'del', `tmtry${process.pid % 10_000}`], { stdio: 'pipe' })
      execFileSync('python3', ['--version'], { stdio: 'pipe' })
    } finally {
      execFileSync('ip', ['netns', 'del', name], { stdio: 'pipe' })
    }
    return undefined
  } catch (error) {
    return `this machine cannot make what the tests need: ${String(error).split('\n').slice(0, 2).join(' ')}`
  }
}

export interface Weather {
  readonly delayMs?: number
  readonly lossPercent?: number
  readonly isCut?: boolean
}

interface Side {
  readonly namespace: string
  readonly browser: Browser
  readonly doors: readonly Door[]
  /** The door to the page's server and to signaling. */
  readonly server: Door
}

export class Rig {
  readonly server: Server
  readonly sides: readonly [Side, Side]
  readonly #air: ChildProcess
  readonly #folder: string
  readonly #tabs: Tab[] = []

  private constructor(server: Server, sides: readonly [Side, Side], air: ChildProcess, folder: string) {
    this.server = server
    this.sides = sides
    this.#air = air
    this.#folder = folder
  }

  static async open(names: readonly [BrowserName, BrowserName]): Promise<Rig> {
    const folder = mkdtempSync(join(tmpdir(), 'tabmesh-rig-'))
    const namespaces = [`tm${process.pid}a`, `tm${process.pid}b`] as const
    for (const namespace of namespaces) {
      ip('netns', 'add', namespace)
      ip('-n', namespace, 'link', 'set', 'lo', 'up')
    }
    const process_ = spawn('python3', [air, ...namespaces.map(namespace => `${namespace}:${device}`)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await once(process_.stdout, 'data')
    for (const [at, namespace] of namespaces.entries()) giveAddress(namespace, `10.77.0.${at + 1}`)
    const server = await startServer()
    const side = (at: 0 | 1) => openSide(namespaces[at], names[at], server, folder)
    return new Rig(server, [await side(0), await side(1)], process_, folder)
  }

  /** The weather from now on, each way. Resolves when it is so. */
  async weather(weather: Weather): Promise<void> {
    const changed = once(this.#air.stdout as NodeJS.ReadableStream, 'data')
    this.#air.stdin?.write(`${JSON.stringify(weather)}\n`)
    await changed
  }

  /** Another address takes the place of the one that a side has. */
  readdress(at: 0 | 1, address: string): void {
    const { namespace } = this.sides[at]
    ip('-n', namespace, 'addr', 'flush', 'dev', device)
    giveAddress(namespace, address)
  }

  async tab(at: 0 | 1, url: string): Promise<Tab> {
    const tab = await blankTab(this.sides[at].browser)
    this.#tabs.push(tab)
    await keepConnections(tab.page)
    await tab.page.goto(url, { waitUntil: 'domcontentloaded' })
    return tab
  }

  async clear(): Promise<void> {
    await this.weather({ delayMs: 0, lossPercent: 0, isCut: false })
    for (const { server } of this.sides) server.isShut = false
    for (const [at, { namespace }] of this.sides.entries()) {
      ip('-n', namespace, 'addr', 'flush', 'dev', device)
      giveAddress(namespace, `10.77.0.${at + 1}`)
    }
    for (const tab of this.#tabs.splice(0)) if (!tab.isGone) await tab.page.close()
  }

  async close(): Promise<void> {
    for (const { browser } of this.sides) await browser.close()
    this.#air.stdin?.end()
    for (const { doors, namespace } of this.sides) {
      for (const door of doors) door.close()
      ip('netns', 'del', namespace)
    }
    await this.server.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

async function openSide(namespace: string, name: BrowserName, server: Server, folder: string): Promise<Side> {
  const toServer = await Door.open(namespace, 'inward', server.port)
  const port = await freePort()
  const toBrowser = await Door.open(namespace, 'outward', port)
  const browser = await launchBrowser(name, {
    debuggingPort: port,
    wrap: executable => {
      const script = join(folder, `${namespace}-${name}`)
      writeFileSync(script, `#!/bin/sh\nexec ip netns exec ${namespace} ${executable} "$@"\n`)
      chmodSync(script, 0o700)
      return script
    },
  })
  return { namespace, browser, doors: [toServer, toBrowser], server: toServer }
}

/** WebRTC looks for the way to the world beyond, so there is one, which leads nowhere. */
function giveAddress(namespace: string, address: string): void {
  ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', device)
  ip('-n', namespace, 'link', 'set', device, 'up')
  ip('-n', namespace, 'route', 'replace', 'default', 'dev', device)
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
