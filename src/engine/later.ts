/** A part of the engine that is loaded once the tab is usable: whoever asks before waits for it. */
import { MeshError, toMeshError } from '../base/errors.ts'

export interface LaterOptions<Part> {
  readonly load: () => Promise<Part>
  /** What this tab cannot do without the part, such as `does no jobs`. */
  readonly without: string
  readonly onLoaded: () => void
  readonly onTrouble: (error: MeshError) => void
}

export class Later<Part> {
  /** Rejects where the part cannot be had. */
  readonly promise: Promise<Part>
  /** Undefined until it is loaded. */
  part: Part | undefined
  readonly #options: LaterOptions<Part>
  readonly #start: (loading: Promise<Part>) => void

  constructor(options: LaterOptions<Part>) {
    this.#options = options
    const { promise, resolve } = Promise.withResolvers<Part>()
    this.promise = promise
    promise.catch(() => {}) // told below, and to whoever waits for it
    this.#start = resolve
  }

  async open(): Promise<void> {
    const { load, without, onLoaded, onTrouble } = this.#options
    const loading = load()
    this.#start(loading)
    try {
      this.part = await loading
      onLoaded()
    } catch (thrown) {
      const { code, message } = toMeshError(thrown, 'unsupported')
      onTrouble(new MeshError(code, `This tab ${without}: ${message}`))
    }
  }
}
