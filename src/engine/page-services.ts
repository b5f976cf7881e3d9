/** What only the page can do for its engine: run the application's own functions, open sandbox frames, ask the person. */
import { transfer } from 'comlink'
import { type ComputeWorker, openComputeWorker } from '../agent/compute-page.ts'
import { openSandboxFrame, type SandboxFrame } from '../agent/sandbox/page.ts'
import type { Payload } from '../base/json.ts'
import type { JobSpec } from '../work/types.ts'
import type { JoinOptions } from './join-options.ts'

/** Called by the engine over comlink. */
export interface PageServices {
  runCapability(call: number, capability: string, input: Payload): Promise<Payload>
  abortCapability(call: number): void
  openSandbox(): Promise<{ readonly frame: number; readonly port: MessagePort }>
  closeSandbox(frame: number): void
  /** A compute worker of the page's: in Firefox the end of a nested one can stop the engine (docs/jobs.md). */
  openCompute(): Promise<{ readonly worker: number; readonly port: MessagePort }>
  /** Opens the first frame and the first compute worker before they are needed: by then the server they come from may be gone. */
  prepare(): Promise<void>
  closeCompute(worker: number): void
  /** Whether a stranger's typed source may run in this tab. */
  allowSource(spec: JobSpec): Promise<boolean>
}

export function pageServices(options: JoinOptions): PageServices {
  const running = new Map<number, AbortController>()
  const frames = new Map<number, SandboxFrame>()
  const workers = new Map<number, ComputeWorker>()
  let opened = 0
  const url = options.sandboxUrl ? new URL(options.sandboxUrl, location.href) : undefined
  const nextFrame = oneAhead(() => openSandboxFrame(url))
  const nextWorker = oneAhead(openComputeWorker)
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
      const frame = await nextFrame.take()
      frames.set(++opened, frame)
      return transfer({ frame: opened, port: frame.port }, [frame.port])
    },
    closeSandbox(frame) {
      frames.get(frame)?.close()
      frames.delete(frame)
    },
    async openCompute() {
      const worker = await nextWorker.take()
      workers.set(++opened, worker)
      return transfer({ worker: opened, port: worker.port }, [worker.port])
    },
    async prepare() {
      nextWorker.prepare()
      nextFrame.prepare()
    },
    closeCompute(worker) {
      workers.get(worker)?.close()
      workers.delete(worker)
    },
    // Who was given a private room's key is trusted to send code; of strangers a person is asked.
    allowSource: async spec => (options.allowSource ? options.allowSource(spec) : options.secret !== undefined),
  }
}

/** At most one of a kind is made before somebody takes it. One that failed is made again for whoever asks, who hears why it fails. */
function oneAhead<Made>(make: () => Made | Promise<Made>) {
  let spare: Promise<Made> | undefined
  return {
    prepare() {
      spare ??= Promise.resolve(make())
      spare.catch(() => {
        spare = undefined
      })
    },
    take(): Promise<Made> {
      const taken = spare ?? Promise.resolve(make())
      spare = undefined
      return taken
    },
  }
}
