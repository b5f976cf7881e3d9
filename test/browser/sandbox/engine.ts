/** The engine side of the sandbox test: the real runners, in a worker, told what to do by the test. */

import { createBrowserRunner } from '../../../src/agent/browser-runner.ts'
import { toMeshError } from '../../../src/base/errors.ts'
import { systemClock } from '../../../src/base/system.ts'
import type { JobProgram } from '../../../src/work/types.ts'

export interface EngineCall {
  readonly act: 'check' | 'job'
  readonly program: JobProgram
  readonly texts?: readonly string[]
  readonly timeoutMs?: number
}

export interface EngineReply {
  readonly result?: unknown
  readonly error?: { readonly code: string; readonly message: string }
}

const ports = new Map<number, { resolve(port: MessagePort): void; reject(error: Error): void }>()
let nextPort = 0

/** Asks the page, as the real engine does. */
async function open(what: 'frame' | 'worker'): Promise<{ readonly port: MessagePort; close(): void }> {
  const id = nextPort++
  const port = await new Promise<MessagePort>((resolve, reject) => {
    ports.set(id, { resolve, reject })
    postMessage({ kind: 'open', what, id })
  })
  return { port, close: () => postMessage({ kind: 'close', id }) }
}

const runner = createBrowserRunner(
  systemClock,
  () => open('frame'),
  () => open('worker'),
)

async function perform({ act, program, texts = [], timeoutMs = 2_000 }: EngineCall): Promise<unknown> {
  await runner.check(program)
  if (act === 'check') return 'fine'
  const encoder = new TextEncoder()
  const reducer = runner.reducer(program, ['a.txt'], timeoutMs)
  try {
    const partials = await Promise.all(
      texts.map((text, number) => {
        const piece = { number, input: 0, name: 'a.txt', firstLine: 1, starts: undefined, bytes: encoder.encode(text) }
        return runner.map({ program, shard: number, pieces: [piece], timeoutMs }, new AbortController().signal)
      }),
    )
    // The wrong way round: what reduce gets must not depend on who was first.
    for (const [shard, partial] of [...partials.entries()].reverse()) await reducer.add(shard, partial)
    return JSON.parse(new TextDecoder().decode(await reducer.finish()))
  } finally {
    reducer.close()
  }
}

self.onmessage = async ({ data }) => {
  if (data.kind === 'port') return ports.get(data.id)?.resolve(data.port)
  if (data.kind === 'no-port') return ports.get(data.id)?.reject(new Error(data.message))
  const reply: EngineReply = await perform(data.call).then(
    result => ({ result }),
    thrown => {
      const { code, message } = toMeshError(thrown, 'handler-failed')
      return { error: { code, message } }
    },
  )
  postMessage({ kind: 'reply', id: data.id, ...reply })
}
