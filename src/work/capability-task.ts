/** A built-in capability called as a single task: one text, mapped and reduced at one peer. */
import * as v from 'valibot'
import { MeshError } from '../base/errors.ts'
import type { Json } from '../base/json.ts'
import { blockBytesMax, shardTimeoutMsDefault } from './limits.ts'
import { type Runner, sourceCapability, type TaskFunction } from './runner.ts'
import type { JobProgram } from './types.ts'

const textSchema = v.strictObject({ text: v.string(), options: v.exactOptional(v.unknown()) })

/** Undefined for source: that comes as a job only. */
export function capabilityTask(runner: Runner, capability: string): TaskFunction | undefined {
  if (capability === sourceCapability) return undefined
  return async (input, signal) => {
    const parsed = v.safeParse(textSchema, typeof input === 'string' ? { text: input } : input)
    if (!parsed.success) throw new MeshError('malformed', `${capability} takes a text, or { text, options }.`)
    const { text, options = null } = parsed.output
    const bytes = new TextEncoder().encode(text)
    if (bytes.length > blockBytesMax) throw new MeshError('too-large', 'Larger texts are for a job: use map.')
    const program: JobProgram = { kind: 'capability', capability, options: options as Json }
    const pieces = [{ number: 0, input: 0, name: 'input', firstLine: 1, starts: undefined, bytes }]
    const partial = await runner.map({ program, shard: 0, pieces, timeoutMs: shardTimeoutMsDefault }, signal)
    const reducer = runner.reducer(program, ['input'], shardTimeoutMsDefault)
    try {
      await reducer.add(0, partial)
      return JSON.parse(new TextDecoder().decode(await reducer.finish())) as Json
    } finally {
      reducer.close()
    }
  }
}
