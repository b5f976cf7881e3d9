/** One thing that a person asked for: whether it runs, and how it went, as a line with a shape. One at a time. */
import { html, nothing, type ReactiveController, type ReactiveControllerHost } from 'lit'
import { toMeshError } from '../../base/errors.ts'
import type { MeshHandle } from '../../engine/handle.ts'
import { icon } from '../look/icons.ts'
import type { Told } from './edit.ts'

const shapes = { healthy: 'check', suspect: 'alert', failed: 'cross' } as const

export class Attempt implements ReactiveController {
  readonly #host: ReactiveControllerHost
  #told: Told | undefined
  #isRunning = false

  constructor(host: ReactiveControllerHost) {
    this.#host = host
    host.addController(this)
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  hostConnected(): void {}

  /** Something done with the mesh of this tab, where it has joined one. */
  with(mesh: MeshHandle | undefined, action: (mesh: MeshHandle) => Promise<Told | string>): void {
    if (mesh) void this.run(() => action(mesh))
  }

  /** A text stands for what went well. */
  async run(action: () => Promise<Told | string>, failed: (thrown: unknown) => Told = failure): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    this.tell(undefined)
    let told: Told
    try {
      const answer = await action()
      told = typeof answer === 'string' ? { tone: 'healthy', text: answer } : answer
    } catch (thrown) {
      told = failed(thrown)
    }
    this.#isRunning = false
    this.tell(told)
  }

  tell(told: Told | undefined): void {
    this.#told = told
    this.#host.requestUpdate()
  }

  line() {
    const told = this.#told
    return html`<div role="status">
      ${told ? html`<p class="told small ${told.tone}">${icon(shapes[told.tone])}<span>${told.text}</span></p>` : nothing}
    </div>`
  }
}

function failure(thrown: unknown): Told {
  return { tone: 'failed', text: toMeshError(thrown, 'disconnected').message }
}
