/** What only the page can do for its engine: run the application's own functions, open sandbox frames, ask the person. */
import { transfer } from 'comlink'
import type { SandboxFrame } from '../agent/sandbox/page.ts'
import type { Payload } from '../base/json.ts'
import type { JobSpec } from '../work/types.ts'
import type { JoinOptions } from './join-options.ts'

/** Called by the engine over comlink. */
export interface PageServices {
  runCapability(call: number, capability: string, input: Payload): Promise<Payload>
  abortCapability(call: number): void
  openSandbox(): Promise<{ readonly frame: number; readonly port: MessagePort }>
  closeSandbox(frame: number): void
  /** Whether a stranger's typed source may run in this tab. */
  allowSource(spec: JobSpec): Promise<boolean>
}

export function pageServices(options: JoinOptions): PageServices {
  const running = new Map<number, AbortController>()
  const frames = new Map<number, SandboxFrame>()
  let framesOpened = 0
  return {
    async runCapability(call, capability, input) {
      const controller = new AbortController()
      running.set(call, controller)
      try {
        const run = options.capabilities?.[capability]
        if (!run) throw new Error(`this page has no capability "${capability}"`)
        return await run(input, { signal: controller.signal })
      } finally {
        running.delete(call)
      }
    },
    abortCapability: call => running.get(call)?.abort(),
    async openSandbox() {
      // Only who runs typed code pays for its loader.
      const { openSandboxFrame } = await import('../agent/sandbox/page.ts')
      const opened = await openSandboxFrame(options.sandboxUrl ? new URL(options.sandboxUrl, location.href) : undefined)
      frames.set(++framesOpened, opened)
      return transfer({ frame: framesOpened, port: opened.port }, [opened.port])
    },
    closeSandbox(frame) {
      frames.get(frame)?.close()
      frames.delete(frame)
    },
    // Who was given a private room's key is trusted to send code; of strangers a person is asked.
    allowSource: async spec => (options.allowSource ? options.allowSource(spec) : options.secret !== undefined),
  }
}
