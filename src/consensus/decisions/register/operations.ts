/** What the register can be told, as it travels and lies in the log. Checked where it enters: at the caller, and at the leader. */
import * as v from 'valibot'
import { MeshError } from '../../../base/errors.ts'
import type { Json } from '../../../base/json.ts'
import { isOwnKey, ownKeyPrefix } from '../../../base/own-keys.ts'
import { batchOperationsMax, keyCharsMax, valueBytesMax } from '../limits.ts'

const key = v.pipe(v.string(), v.minLength(1), v.maxLength(keyCharsMax))
const json = v.custom<Json>(value => value !== undefined, 'nothing where a value must be')
/** A value, or that there is none: JSON has no undefined. */
const maybe = v.pipe(v.array(json), v.maxLength(1))

const operation = v.variant('kind', [
  v.strictObject({ kind: v.literal('set'), key, value: json }),
  v.strictObject({ kind: v.literal('delete'), key }),
  v.strictObject({ kind: v.literal('swap'), key, expected: maybe, value: maybe }),
  v.strictObject({ kind: v.literal('propose'), command: json }),
])
export type Operation = v.InferOutput<typeof operation>

/** What one entry of the log holds: operations of one peer, performed in order. */
const command = v.strictObject({
  by: v.pipe(v.string(), v.maxLength(128)),
  operations: v.pipe(v.array(operation), v.minLength(1), v.maxLength(batchOperationsMax)),
})
export type RegisterCommand = v.InferOutput<typeof command>

/** Checks a decoded value from a peer. Never throws. */
export function parseCommand(value: unknown): RegisterCommand | MeshError<'malformed' | 'too-large'> {
  const parsed = v.safeParse(command, value)
  if (!parsed.success) return new MeshError('malformed', v.summarize(parsed.issues))
  const large = parsed.output.operations.find(one => operationBytes(one) > valueBytesMax + keyCharsMax * 3)
  return large ? new MeshError('too-large', `a value is over ${valueBytesMax} bytes`) : parsed.output
}

/** Whether somebody decided something here: what the mesh writes into keys of its own is no decision of anybody's. */
export function isDecision({ operations }: RegisterCommand): boolean {
  return operations.some(one => one.kind === 'propose' || !isOwnKey(one.key))
}

/** What one operation came to. */
const result = v.variant('kind', [
  v.strictObject({ kind: v.literal('done'), version: v.number() }),
  /** `value` is what stood in the way, where it is small; `held` whether the key holds anything. */
  v.strictObject({ kind: v.literal('swap'), swapped: v.boolean(), held: v.boolean(), value: maybe }),
  v.strictObject({ kind: v.literal('decided'), index: v.number() }),
  /** Nothing was changed: there is no room left. */
  v.strictObject({ kind: v.literal('full') }),
])
export type OperationResult = v.InferOutput<typeof result>
export const resultsSchema = v.pipe(v.array(result), v.maxLength(batchOperationsMax))

/** Bytes of a text in UTF-8, counted without making them. */
export function utf8Bytes(text: string): number {
  let bytes = text.length
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 0x80) continue
    const isHalf = unit >= 0xd800 && unit <= 0xdfff // two of them make four bytes
    bytes += unit < 0x800 || isHalf ? 1 : 2
  }
  return bytes
}

export function operationBytes(one: Operation): number {
  return utf8Bytes(JSON.stringify(one))
}

/** Throws what is wrong with a key, for whoever wrote it. */
export function checkKey(key: unknown): asserts key is string {
  if (typeof key !== 'string' || key.length === 0 || key.length > keyCharsMax)
    refuse('invalid-option', `a key is text of 1 to ${keyCharsMax} characters`)
}

/** Throws for a key that only the mesh itself writes. */
export function refuseOwnKey(key: unknown): void {
  if (typeof key === 'string' && isOwnKey(key))
    refuse(
      'invalid-option',
      `keys that begin with "${ownKeyPrefix}" are the mesh's own: choose another beginning for "${key}"`,
    )
}

export function checkPrefix(prefix: unknown): asserts prefix is string {
  if (typeof prefix !== 'string' || prefix.length > keyCharsMax)
    refuse('invalid-option', `a prefix is text of at most ${keyCharsMax} characters`)
}

/** Throws what is wrong with a value or a command. */
export function checkValue(what: string, value: unknown): asserts value is Json {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {
    // said below
  }
  if (text === undefined) refuse('malformed', `${what} must be plain JSON`)
  const bytes = utf8Bytes(text)
  if (bytes > valueBytesMax) refuse('too-large', `${what} makes ${bytes} bytes; ${valueBytesMax} at most`)
}

function refuse(code: 'invalid-option' | 'malformed' | 'too-large', message: string): never {
  throw new MeshError(code, message, { outcome: 'not-applied' })
}
