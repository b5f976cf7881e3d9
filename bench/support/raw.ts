/** Two tabs with a bare RTCDataChannel between them (bench/pages): what the browser itself can do, here and now. */
import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { closeTab, type Tab } from '../../test/browser/support/tabs.ts'
import type { Scene } from './scene.ts'

const pages = ['raw.js', 'full.html', 'full.js']

export interface RawPage {
  dial(): Promise<{ session: string; ms: number }>
  hangUp(session: string): void
  roundTrips(session: string, count: number, bytes: number): Promise<number[]>
  flood(session: string, messages: number, bytes: number): Promise<void>
  whenReceived(messages: number): Promise<number>
  whenClosed(session: string): Promise<number>
}

declare global {
  var raw: RawPage
}

/** The pages' server, and how to open one of them. */
export interface RawPages {
  readonly url: string
  open(): Promise<Tab>
}

export async function withRawPages<Result>(scene: Scene, use: (pages: RawPages) => Promise<Result>): Promise<Result> {
  const server = createServer((request, response) => {
    const file = pages.find(page => request.url === `/${page}`) ?? 'raw.html'
    response.setHeader('content-type', file.endsWith('.js') ? 'text/javascript' : 'text/html')
    createReadStream(fileURLToPath(new URL(`../pages/${file}`, import.meta.url))).pipe(response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const url = `http://127.0.0.1:${address.port}/`
  const open = async () => {
    const tab = await scene.open(url)
    await tab.page.waitForFunction(() => globalThis.raw !== undefined, { polling: 20 })
    return tab
  }
  try {
    return await use({ url, open })
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

export async function withRawPair<Result>(
  scene: Scene,
  use: (dialler: Tab, answerer: Tab) => Promise<Result>,
): Promise<Result> {
  return withRawPages(scene, async ({ open }) => {
    const pair = [await open(), await open()] as const
    await scene.settle(pair)
    try {
      return await use(...pair)
    } finally {
      for (const tab of pair) if (!tab.isGone) await closeTab(tab)
    }
  })
}
