/**
 * A command: said once, and the same in the console's bar, on a command line, and as a tool for agents. It has a name in words, a schema of
 * its options, a `run` that gives plain data, and a text for people made of that data alone.
 */
import * as v from 'valibot'
import { MeshError, type MeshErrorCode, toMeshError } from '../base/errors.ts'
import type { CommandMesh } from './mesh.ts'

export type OptionsSchema = v.StrictObjectSchema<v.ObjectEntries, undefined>

export interface CommandCall {
  readonly signal?: AbortSignal | undefined
}

export type Outcome =
  | { readonly isDone: true; readonly command: string; readonly data: unknown; readonly text: string }
  | { readonly isDone: false; readonly code: MeshErrorCode; readonly text: string }

/** A command as a registry keeps it: its types are checked inside. */
export interface Command {
  /** `consensus status`: words in lower case. */
  readonly name: string
  readonly aliases: readonly string[]
  /** One line. */
  readonly summary: string
  readonly options: OptionsSchema
  /** Options that may be given without their names, in this order. */
  readonly positional: readonly string[]
  readonly examples: readonly string[]
  /** Values that an option may well have, for completion. */
  suggest(mesh: CommandMesh, option: string): readonly string[]
  /** Never rejects: bad options and failures are outcomes. */
  perform(mesh: CommandMesh, given: unknown, call?: CommandCall): Promise<Outcome>
}

export interface Definition<Schema extends OptionsSchema, Data> {
  readonly name: string
  readonly aliases?: readonly string[]
  readonly summary: string
  readonly options: Schema
  readonly positional?: readonly (keyof v.InferOutput<Schema> & string)[]
  readonly examples?: readonly string[]
  readonly suggest?: {
    readonly [Option in keyof v.InferOutput<Schema> & string]?: (mesh: CommandMesh) => readonly string[]
  }
  run(mesh: CommandMesh, options: v.InferOutput<Schema>, call: CommandCall): Promise<Data>
  /** As it may be copied: lines without markup. */
  words(data: Data): string
}

export function defineCommand<Schema extends OptionsSchema, Data>(definition: Definition<Schema, Data>): Command {
  const { name, aliases = [], summary, options, positional = [], examples = [], suggest = {} } = definition
  return {
    name,
    aliases,
    summary,
    options,
    positional,
    examples,
    suggest: (mesh, option) =>
      (suggest as Record<string, (mesh: CommandMesh) => readonly string[]>)[option]?.(mesh) ?? [],
    async perform(mesh, given, call = {}) {
      const parsed = v.safeParse(options, given)
      if (!parsed.success) return refusal('invalid-option', v.summarize(parsed.issues))
      try {
        const data = await beforeAbort(definition.run(mesh, parsed.output, call), call.signal)
        return { isDone: true, command: name, data, text: definition.words(data) }
      } catch (thrown) {
        return failure(toMeshError(thrown, 'handler-failed'))
      }
    },
  }
}

export function refusal(code: MeshErrorCode, text: string): Outcome {
  return { isDone: false, code, text }
}

const advice: Partial<Record<MeshErrorCode, string>> = {
  'no-quorum': 'Nothing is decided until enough voters are back; `consensus status` shows which are missing.',
  'no-such-peer': '`peers` lists who is here.',
  overloaded: 'More is asked than can be done at once; try again in a moment.',
  left: 'This tab is in no room any more.',
}

function failure({ code, message, outcome }: MeshError): Outcome {
  const unknown = outcome === 'unknown' ? 'It may have happened all the same: look before you try again.' : undefined
  const sentences = [sentence(message), unknown, advice[code]].filter(text => text !== undefined)
  return refusal(code, `${sentences.join(' ')} (${code})`)
}

function sentence(message: string): string {
  const text = message.trim()
  const whole = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/u.test(whole) ? whole : `${whole}.`
}

/** Whoever asked does not want to wait any more; what was asked may still happen. */
function beforeAbort<Data>(running: Promise<Data>, signal: AbortSignal | undefined): Promise<Data> {
  if (!signal) return running
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new MeshError('aborted', 'Stopped waiting', { outcome: 'unknown' }))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    running.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
