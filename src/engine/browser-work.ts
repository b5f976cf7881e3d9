/** Jobs in a tab: compute workers, the page's sandbox, the browser's block store, the sample beside the page. */
import type { Remote } from 'comlink'
import { createBrowserRunner } from '../agent/browser-runner.ts'
import type { Clock } from '../base/clock.ts'
import type { Payload } from '../base/json.ts'
import type { Random } from '../base/random.ts'
import type { Mesh } from '../mesh/types.ts'
import { openIndexedStore } from '../work/blocks/indexed-store.ts'
import { type BlockStore, createMemoryStore } from '../work/blocks/store.ts'
import { createWork, type Work } from '../work/index.ts'
import type { TaskFunction } from '../work/runner.ts'
import { sampleAt } from '../work/sample.ts'
import type { JobView } from '../work/types.ts'
import type { PageServices } from './page-services.ts'
import type { StartConfig } from './protocol.ts'

export interface BrowserWorkOptions {
  readonly config: StartConfig
  readonly mesh: Mesh
  readonly browser: string
  readonly name: () => string
  readonly clock: Clock
  readonly random: Random
  readonly page: Remote<PageServices>
  readonly onChange: (job: JobView) => void
  readonly count: (counter: string) => void
}

/** Shared by the tabs of this browser where IndexedDB is allowed, otherwise this tab's own. */
function openBlocks(clock: Clock): Promise<BlockStore> {
  return openIndexedStore({ nowMs: () => clock.nowMs() }).catch(() => createMemoryStore())
}

export async function createBrowserWork(options: BrowserWorkOptions): Promise<Work> {
  const { config, mesh, browser, name, clock, random, page, onChange, count } = options
  const openFrame = async () => {
    const { frame, port } = await page.openSandbox()
    return { port, close: () => void page.closeSandbox(frame) }
  }
  const openWorker = async () => {
    const { worker, port } = await page.openCompute()
    return { port, close: () => void page.closeCompute(worker) }
  }
  void page.prepare()
  const entries = config.capabilities.map(capability => [capability, pageFunction(page, capability)] as const)
  return createWork({
    mesh,
    store: await openBlocks(clock),
    clock,
    random,
    self: { browser, name },
    runner: createBrowserRunner(clock, openFrame, openWorker),
    sample: sampleAt(new URL('sample/', config.baseUrl)),
    capabilities: Object.fromEntries(entries),
    allowSource: spec => page.allowSource(spec),
    onChange,
    count,
  })
}

let calls = 0

function pageFunction(page: Remote<PageServices>, capability: string): TaskFunction {
  return async (input, signal) => {
    const call = ++calls
    const abort = () => void page.abortCapability(call)
    signal.addEventListener('abort', abort, { once: true })
    try {
      return (await page.runCapability(call, capability, input)) as Payload
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }
}
