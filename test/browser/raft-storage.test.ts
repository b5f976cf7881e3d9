/**
 * The acceptance suite of stores, over IndexedDB as real browsers have it. The store runs in a page that is closed and opened anew
 * where the suite boots a process; a crash between two writes is a transaction that is never begun, or one that is aborted.
 */
import { fileURLToPath } from 'node:url'
import type { Page } from 'puppeteer-core'
import { build } from 'vite'
import { afterAll, beforeAll, vi } from 'vitest'
import type { MemberId } from '../../src/consensus/raft/messages.ts'
import type { Batch, MemberStores } from '../../src/consensus/storage/store.ts'
import { describeStorage, type StorageWorld, wentOff } from '../suites/raft-storage.ts'
import type { BrowserName } from './support/browsers.ts'
import { Stage } from './support/stage.ts'
import type * as StoragePage from './support/storage-page.ts'
import { isThorough } from './support/thorough.ts'

vi.setConfig({ testTimeout: 120_000 })

const page = fileURLToPath(new URL('./support/storage-page.ts', import.meta.url))

declare global {
  var storage: typeof StoragePage
}

const names: BrowserName[] = isThorough ? ['chromium', 'firefox'] : ['firefox']

for (const name of names) {
  let stage: Stage
  let script = ''
  beforeAll(async () => {
    script = await bundled()
    stage = await Stage.shared([name])
  })
  afterAll(() => stage?.close())
  const newWorld = async () => {
    const { page } = await stage.tab(name, `${stage.server.origin}/favicon.svg`)
    const world = new PageWorld(page, script)
    await world.load()
    return world
  }
  describeStorage(`IndexedDB in ${name}`, newWorld, { longLifeBatches: isThorough ? 200 : 40 })
}

async function bundled(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      target: 'es2023',
      lib: { entry: page, formats: ['iife'], name: 'storage', fileName: 'storage' },
    },
  })
  const [bundle] = Array.isArray(built) ? built : [built]
  const [chunk] = bundle && 'output' in bundle ? bundle.output : []
  if (!chunk || !('code' in chunk)) throw new Error('nothing was built')
  return chunk.code
}

/** Bytes cross to a page as numbers. */
class PageWorld implements StorageWorld {
  writes = 0
  readonly #page: Page
  readonly #script: string
  readonly #room = `room-${Math.random().toString(36).slice(2)}`
  #life = 0

  constructor(page: Page, script: string) {
    this.#page = page
    this.#script = script
  }

  async load(): Promise<void> {
    await this.#page.evaluate(`${this.#script}; globalThis.storage = storage`)
  }

  async boot(): Promise<MemberStores> {
    const life = ++this.#life
    await this.#page.evaluate((life, room) => globalThis.storage.boot(life, room), life, this.#room)
    const call = async <T>(name: string, ...args: unknown[]): Promise<T> => {
      const answer = await this.#page.evaluate(
        (life, name, args) => globalThis.storage.call(life, name, args),
        life,
        name,
        JSON.stringify(args, (_, value) => (value instanceof Uint8Array ? { rawBytes: [...value] } : value)),
      )
      this.writes = answer.writes
      if (answer.isOff) {
        wentOff(this)
        return new Promise(() => {})
      }
      if (answer.error) throw Object.assign(new Error(answer.error.message), { code: answer.error.code })
      return JSON.parse(answer.value) as T
    }
    return {
      list: () => call('list'),
      create: (first, key) => call('create', first, key),
      setAside: member => call('setAside', member),
      remove: member => call('remove', member),
      close: () => void call('close'),
      open: async member => {
        const opened = await call<{ number: number; epoch: number; restored: never; key: number[] } | 'missing'>(
          'open',
          member,
        )
        if (opened === 'missing') return opened
        const { number, epoch, restored, key } = opened
        const write = (batch: Batch) => call<'durable' | 'fenced'>('write', number, batch)
        const store = { member, epoch, write, close: () => void call('closeStore', number) }
        return { store, restored: revived(restored), key: Uint8Array.from(key) }
      },
    }
  }

  crashAfter(count: number): void {
    this.writes = 0
    void this.#page.evaluate(count => globalThis.storage.crashAfter(count), Number.isFinite(count) ? count : 1e9)
  }

  powerOn(): void {
    void this.#page.evaluate(() => globalThis.storage.powerOn())
  }

  async spoil(member: MemberId): Promise<void> {
    await this.#page.evaluate((room, member) => globalThis.storage.spoil(room, member), this.#room, member)
  }

  async end(): Promise<void> {
    await this.#page.evaluate(() => globalThis.storage.end())
    await this.#page.close()
  }
}

/** JSON has no undefined. */
function revived<T extends { readonly hard: { readonly votedFor?: unknown } }>(restored: T): T {
  return { ...restored, hard: { ...restored.hard, votedFor: restored.hard.votedFor } }
}
