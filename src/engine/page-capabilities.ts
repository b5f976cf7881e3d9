/** The page's own functions, as the engine calls them: by name, with an id by which a call is aborted. */
import { proxy, type Remote } from 'comlink'
import type { CapabilityFunction } from './join-options.ts'
import type { EngineApi } from './protocol.ts'

export class PageCapabilities {
  readonly #functions: Readonly<Record<string, CapabilityFunction>>
  readonly #running = new Map<number, AbortController>()

  constructor(functions: Readonly<Record<string, CapabilityFunction>>) {
    this.#functions = functions
  }

  provideTo(engine: Remote<EngineApi>): void {
    if (Object.keys(this.#functions).length === 0) return
    const run: Parameters<EngineApi['provide']>[0] = async (call, capability, input) => {
      const controller = new AbortController()
      this.#running.set(call, controller)
      try {
        const fn = this.#functions[capability]
        if (!fn) throw new Error(`this page has no capability "${capability}"`)
        return await fn(input, { signal: controller.signal })
      } finally {
        this.#running.delete(call)
      }
    }
    void engine.provide(
      proxy(run),
      proxy((call: number) => this.#running.get(call)?.abort()),
    )
  }
}
