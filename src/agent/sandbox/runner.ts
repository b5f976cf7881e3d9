/**
 * Runs typed source, in the sandbox only. The contract (docs/jobs.md): `map(text, { input, shard, firstLine })` is called once per block and
 * returns JSON; `reduce(outputs)` is called once with all outputs, in the order of the files and of the text within them. So the
 * result depends on the inputs alone, never on how many tabs took part.
 */
import type { Clock } from '../../base/clock.ts'
import { MeshError } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import { canonicalJson } from '../../work/canonical.ts'
import { partialBytesMax, partialsBytesMax, resultBytesMax } from '../../work/limits.ts'
import { type MapTask, type Reducer, type Runner, sourceCapability } from '../../work/runner.ts'
import type { JobProgram } from '../../work/types.ts'
import { Frame, type FramePort } from './frame.ts'
import { functionLoadMs } from './limits.ts'
import { sandboxScript } from './script.ts'

/** Opens a frame on the page and brings its port here. */
export type OpenFrame = () => Promise<{ readonly port: FramePort; close(): void }>

export function createSandboxRunner(options: {
  readonly open: OpenFrame
  readonly slots: number
  readonly clock: Clock
}): Runner {
  const { slots, clock } = options
  const frames = new Frames(options.open, clock)
  return {
    slots,
    capabilities: [sourceCapability],
    async check(program) {
      const source = sourceOf(program)
      for (const part of ['map', 'reduce'] as const) {
        try {
          await (await frames.get()).run(sandboxScript(source[part]), { call: 'check' }, functionLoadMs)
        } catch (error) {
          if (!(error instanceof MeshError) || error.code !== 'function-failed') throw error
          throw new MeshError('function-failed', `${part}: ${error.message}`, { cause: error })
        }
      }
    },
    async map({ program, pieces, timeoutMs }: MapTask, signal) {
      const input = {
        call: 'map',
        bytesMax: partialBytesMax,
        pieces: pieces.map(({ bytes, name, number, firstLine }) => ({
          bytes,
          context: { input: name, shard: number, firstLine },
        })),
      } as const
      return await (await frames.get()).run(sandboxScript(sourceOf(program).map), input, timeoutMs, signal)
    },
    reducer: (program, _inputNames, timeoutMs) => reducer(sandboxScript(sourceOf(program).reduce), timeoutMs, frames),
    close: () => frames.close(),
  }
}

function sourceOf(program: JobProgram): Extract<JobProgram, { kind: 'source' }> {
  if (program.kind === 'source') return program
  throw new MeshError('no-capable-agent', `No agent can handle: ${program.capability}`)
}

function reducer(script: string, timeoutMs: number, frames: Frames): Reducer {
  const partials = new Map<number, Uint8Array>()
  const stop = new AbortController()
  let heldBytes = 0
  return {
    async add(shard, partial) {
      if (partials.has(shard)) return
      heldBytes += partial.length
      if (heldBytes > partialsBytesMax)
        throw new MeshError('too-large', `map returned more than ${partialsBytesMax / 2 ** 20} MB in all.`)
      partials.set(shard, partial)
    },
    async finish() {
      const inOrder = [...partials].sort(([a], [b]) => a - b).map(([, partial]) => partial)
      const input = { call: 'reduce', bytesMax: resultBytesMax, partials: inOrder } as const
      const result = await (await frames.get()).run(script, input, timeoutMs, stop.signal)
      return canonical(result)
    },
    close() {
      stop.abort()
      partials.clear()
    },
  }
}

function canonical(bytes: Uint8Array): Uint8Array {
  try {
    return new TextEncoder().encode(canonicalJson(JSON.parse(new TextDecoder().decode(bytes)) as Json))
  } catch (cause) {
    throw new MeshError('function-failed', 'reduce did not return JSON', { cause })
  }
}

/** The one frame in use; a new one when it had to go. */
class Frames {
  readonly #open: OpenFrame
  readonly #clock: Clock
  #current: Promise<{ readonly frame: Frame; close(): void }> | undefined
  #isClosed = false

  constructor(open: OpenFrame, clock: Clock) {
    this.#open = open
    this.#clock = clock
  }

  async get(): Promise<Frame> {
    if (this.#isClosed) throw new MeshError('left', 'closed')
    this.#current ??= this.#start()
    return (await this.#current).frame
  }

  close(): void {
    this.#isClosed = true
    void this.#drop()
  }

  async #start(): Promise<{ readonly frame: Frame; close(): void }> {
    try {
      const { port, close } = await this.#open()
      return { frame: new Frame(port, this.#clock, () => void this.#drop()), close }
    } catch (error) {
      this.#current = undefined
      throw error
    }
  }

  async #drop(): Promise<void> {
    const current = this.#current
    this.#current = undefined
    const opened = await current?.catch(() => undefined)
    opened?.frame.close()
    opened?.close()
  }
}
