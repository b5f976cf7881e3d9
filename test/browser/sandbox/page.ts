/** The page side of the sandbox test: opens frames for the engine, as the console's page does, and listens for what must not come. */
import { openComputeWorker } from '../../../src/agent/compute-page.ts'
import { openSandboxFrame } from '../../../src/agent/sandbox/page.ts'
import type { EngineCall, EngineReply } from './engine.ts'

const frameUrl = new URLSearchParams(location.search).has('file') ? new URL('/sandbox.html', location.href) : undefined
const engine = new Worker(new URL('./engine.ts', import.meta.url), { type: 'module' })
const waiting = new Map<number, (reply: EngineReply) => void>()
let nextId = 0

const heard: unknown[] = []
for (const channel of ['tabmesh', 'room']) new BroadcastChannel(channel).onmessage = ({ data }) => heard.push(data)

const opened = new Map<number, { close(): void }>()
engine.onmessage = async ({ data }) => {
  const { kind, id } = data
  if (kind === 'reply') return waiting.get(id)?.(data)
  if (kind === 'close') return opened.get(id)?.close()
  try {
    const given = data.what === 'frame' ? await openSandboxFrame(frameUrl) : openComputeWorker()
    opened.set(id, given)
    engine.postMessage({ kind: 'port', id, port: given.port }, [given.port])
  } catch (error) {
    engine.postMessage({ kind: 'no-port', id, message: String(error) })
  }
}

const lab = {
  heard,
  frames: () => document.querySelectorAll('iframe').length,
  /** `ticks`: how often a 10 ms timer of the page fired while `call` ran. */
  async call(call: EngineCall): Promise<EngineReply & { readonly ticks: number }> {
    let ticks = 0
    const timer = setInterval(() => ticks++, 10)
    const id = nextId++
    const reply = await new Promise<EngineReply>(resolve => {
      waiting.set(id, resolve)
      engine.postMessage({ kind: 'call', id, call })
    })
    clearInterval(timer)
    return { ...reply, ticks }
  },
}
export type SandboxLab = typeof lab
Object.assign(globalThis, { lab })
