/**
 * The acceptance suite of stores, over IndexedDB and private files as real browsers have them. The stores run in a worker, several lives
 * of them; a crash between two writes is a transaction that is aborted, or a file that is not flushed.
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
import { isThorough } from './support/thorough.ts'

vi.setConfig({ testTimeout: 120_000 })

const worker = fileURLToPath(new URL('./support/storage-worker.ts', import.meta.url))

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
  describeStorage(`IndexedDB with journals in ${name}`, newWorld, {
    longLifeBatches: isThorough ? 200 : 40,
    isExclusive: true,
  })
}

async function bundled(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      target: 'es2023',
      lib: { entry: worker, formats: ['iife'], name: 'storage', fileName: 'storage' },
    },
  })
  const [bundle] = Array.isArray(built) ? built : [built]
  const [chunk] = bundle && 'output' in bundle ? bundle.output : []
  if (!chunk || !('code' in chunk)) throw new Error('nothing was built')
  return chunk.code
}

interface Answer {
  readonly value: string
  readonly writes: number
  readonly isOff: boolean
  readonly error?: { readonly code: string; readonly message: string }
}

interface Opened {
  readonly number: number
  readonly epoch: number
  readonly restored: never
  readonly key: number[]
}

/** Bytes cross to a worker as numbers. */
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
    await this.#page.evaluate(script => {
      const worker = new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })))
      const ask = (name: string, args: unknown[]) =>
        new Promise((resolve, reject) => {
          const { port1, port2 } = new MessageChannel()
          port1.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.value))
          worker.postMessage({ port: port2, name, args }, [port2])
        })
      Object.assign(globalThis, { ask })
    }, this.#script)
  }

  #ask<Answer>(name: string, ...args: unknown[]): Promise<Answer> {
    return this.#page.evaluate(
      (name, args) => (globalThis as unknown as { ask(name: string, args: unknown[]): Promise<never> }).ask(name, args),
      name,
      args,
    )
  }

  async boot(): Promise<MemberStores> {
    const life = ++this.#life
    await this.#ask('boot', life, this.#room)
    const call = async <T>(name: string, ...args: unknown[]): Promise<T> => {
      const json = JSON.stringify(args, (_, value) => (value instanceof Uint8Array ? { rawBytes: [...value] } : value))
      const answer = await this.#ask<Answer>('call', life, name, json)
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
        const opened = await call<Opened | 'missing' | 'busy'>('open', member)
        if (typeof opened === 'string') return opened
        const { number, epoch, restored, key } = opened
        const write = (batch: Batch) => call<'durable' | 'fenced'>('write', number, batch)
        const store = { member, epoch, write, close: () => void call('closeStore', number) }
        return { store, restored: revived(restored), key: Uint8Array.from(key) }
      },
    }
  }

  crashAfter(count: number): void {
    this.writes = 0
    void this.#ask('crashAfter', Number.isFinite(count) ? count : 1e9)
  }

  powerOn(): void {
    void this.#ask('powerOn')
  }

  async spoil(member: MemberId): Promise<void> {
    await this.#ask('spoil', this.#room, member)
  }

  async end(): Promise<void> {
    await this.#ask('end')
    await this.#page.close()
  }
}

/** JSON has no undefined. */
function revived<T extends { readonly hard: { readonly votedFor?: unknown } }>(restored: T): T {
  return { ...restored, hard: { ...restored.hard, votedFor: restored.hard.votedFor } }
}
