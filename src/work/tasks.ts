/**
 * `submit`: one call of a capability on the best peer that announces it, this one included. A task whose peer departs goes to another,
 * so a capability may run more than once; what it throws comes back as the caller's error.
 *
 *   task:<capability>   request  the input as it is -> bytes as they are, { value } or { error }
 */
import * as v from 'valibot'
import { MeshError, toMeshError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import type { Json, Payload } from '../base/json.ts'
import type { Mesh } from '../mesh/types.ts'
import { failureOf } from './job/messages.ts'
import { errorCharsMax, taskRetriesMax, tasksRunningMax, taskTimeoutMsDefault } from './limits.ts'
import type { TaskFunction } from './runner.ts'
import type { Slots } from './slots.ts'

export interface TaskRequest {
  readonly capability: string
  readonly input: Payload
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

const replySchema = v.union([
  v.strictObject({ value: v.custom<Json>(value => value !== undefined) }),
  v.strictObject({
    error: v.strictObject({ code: v.string(), message: v.pipe(v.string(), v.maxLength(errorCharsMax)) }),
  }),
])

/** Failures of the way there, after which another peer is asked. */
const lostCodes = ['disconnected', 'unreachable', 'no-such-peer', 'no-handler', 'overloaded']

export class Tasks {
  readonly #mesh: Mesh
  readonly #slots: Slots
  readonly #slotCount: number
  readonly #functions: ReadonlyMap<string, TaskFunction>
  readonly #offs: (() => void)[]
  #running = 0

  constructor(mesh: Mesh, slots: Slots, slotCount: number, functions: ReadonlyMap<string, TaskFunction>) {
    this.#mesh = mesh
    this.#slots = slots
    this.#slotCount = slotCount
    this.#functions = functions
    this.#offs = [...functions.keys()].map(name =>
      mesh.handle(`task:${name}`, (payload, _, signal) => this.#answer(name, payload, signal)),
    )
  }

  async submit({ capability, input, timeoutMs = taskTimeoutMsDefault, signal }: TaskRequest): Promise<Payload> {
    const tried = new Set<PeerId>()
    let last: unknown
    for (let attempt = 0; attempt <= taskRetriesMax; attempt++) {
      const peer = this.#best(capability, tried)
      if (!peer) break
      tried.add(peer)
      try {
        return await this.#callAt(peer, { capability, input, timeoutMs, ...(signal ? { signal } : {}) })
      } catch (error) {
        last = error
        if (!(error instanceof MeshError) || !lostCodes.includes(error.code)) throw error
      }
    }
    throw last ?? new MeshError('no-capable-agent', `No agent can handle: ${capability}`)
  }

  close(): void {
    for (const off of this.#offs) off()
  }

  /** The least loaded peer that announces the capability; this one wins a tie, which saves the way. */
  #best(capability: string, tried: ReadonlySet<PeerId>): PeerId | undefined {
    const own = { id: this.#mesh.id, load: { slots: this.#slotCount, busy: this.#slots.busy } }
    const others = this.#mesh.peers.filter(peer => peer.state === 'alive' && peer.capabilities.includes(capability))
    const able = [...(this.#functions.has(capability) ? [own] : []), ...others].filter(({ id }) => !tried.has(id))
    const loadOf = ({ slots, busy }: { slots: number; busy: number }) => (slots > 0 ? busy / slots : 1)
    return able.sort((a, b) => loadOf(a.load) - loadOf(b.load))[0]?.id
  }

  async #callAt(
    peer: PeerId,
    { capability, input, timeoutMs = taskTimeoutMsDefault, signal }: TaskRequest,
  ): Promise<Payload> {
    if (peer === this.#mesh.id) {
      const limit = AbortSignal.timeout(timeoutMs)
      return await withLimit(signal ? AbortSignal.any([signal, limit]) : limit, both =>
        this.#call(capability, input, both),
      )
    }
    const reply = await this.#mesh.request(peer, `task:${capability}`, input, {
      timeoutMs,
      lane: 'bulk',
      ...(signal ? { signal } : {}),
    })
    if (reply instanceof Uint8Array) return reply
    const parsed = v.safeParse(replySchema, reply)
    if (!parsed.success) throw new MeshError('handler-failed', v.summarize(parsed.issues))
    if ('value' in parsed.output) return parsed.output.value
    const { code, message } = parsed.output.error
    throw new MeshError(code === 'overloaded' ? 'overloaded' : 'handler-failed', message)
  }

  async #answer(capability: string, payload: Payload, signal: AbortSignal): Promise<Payload> {
    try {
      const value = await this.#call(capability, payload, signal)
      return value instanceof Uint8Array ? value : { value }
    } catch (error) {
      return { error: failureOf(toMeshError(error, 'handler-failed')) }
    }
  }

  async #call(capability: string, input: Payload, signal: AbortSignal): Promise<Payload> {
    const run = this.#functions.get(capability)
    if (!run) throw new MeshError('no-capable-agent', `No agent can handle: ${capability}`)
    if (this.#running >= tasksRunningMax) throw new MeshError('overloaded', 'too many tasks run here')
    this.#running++
    try {
      return await this.#slots.use(() => run(input, signal))
    } catch (error) {
      throw toMeshError(error, 'handler-failed')
    } finally {
      this.#running--
    }
  }
}

/** Settles with `work`, or rejects as soon as `signal` says so. */
function withLimit<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      const isTimeout = signal.reason instanceof Error && signal.reason.name === 'TimeoutError'
      reject(isTimeout ? new MeshError('timeout', 'the task took too long') : toMeshError(signal.reason, 'aborted'))
    }
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    work(signal)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop))
  })
}
