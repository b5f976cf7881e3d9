/** The page side of the sandbox test: opens frames for the engine, as the console's page does, and listens for what must not come. */
import { openSandboxFrame } from '../../../src/agent/sandbox/page.ts'
import type { EngineCall, EngineReply } from './engine.ts'

const frameUrl = new URLSearchParams(location.search).has('file') ? new URL('/sandbox.html', location.href) : undefined
const engine = new Worker(new URL('./engine.ts', import.meta.url), { type: 'module' })
const waiting = new Map<number, (reply: EngineReply) => void>()
let nextId = 0

const heard: unknown[] = []
for (const channel of ['tabmesh', 'room']) new BroadcastChannel(channel).onmessage = ({ data }) => heard.push(data)

engine.onmessage = async ({ data }) => {
  if (data.kind === 'reply') return waiting.get(data.id)?.(data)
  if (data.kind === 'close') return frames.get(data.frame)?.close()
  try {
    const frame = await openSandboxFrame(frameUrl)
    frames.set(data.frame, frame)
    engine.postMessage({ kind: 'port', frame: data.frame, port: frame.port }, [frame.port])
  } catch (error) {
    engine.postMessage({ kind: 'no-port', frame: data.frame, message: String(error) })
  }
}
const frames = new Map<number, { close(): void }>()

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
