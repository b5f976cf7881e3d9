/** The register's calls, whoever makes them: keys and values are checked, sent on as operations, and answers put into words. */
import { MeshError } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import type { DecisionsClient } from './client.ts'
import { checkKey, checkPrefix, checkValue, type Operation } from './register/operations.ts'
import type { Decided, DecisionOptions, SwapResult } from './types.ts'

export class RegisterCalls {
  readonly #client: DecisionsClient

  constructor(client: DecisionsClient) {
    this.#client = client
  }

  async get(key: string, options?: DecisionOptions): Promise<Json | undefined> {
    checkKey(key)
    const { found } = await this.#client.read({ kind: 'key', key }, options)
    return found[0]?.value
  }

  async list(prefix: string, options?: DecisionOptions): Promise<readonly Decided[]> {
    checkPrefix(prefix)
    return (await this.#client.read({ kind: 'prefix', prefix }, options)).found
  }

  async set(key: string, value: Json, options?: DecisionOptions): Promise<{ readonly version: number }> {
    checkKey(key)
    checkValue('a value', value)
    return this.#write({ kind: 'set', key, value }, options)
  }

  async delete(key: string, options?: DecisionOptions): Promise<{ readonly version: number }> {
    checkKey(key)
    return this.#write({ kind: 'delete', key }, options)
  }

  async compareAndSet(
    key: string,
    expected: Json | undefined,
    value: Json | undefined,
    options?: DecisionOptions,
  ): Promise<SwapResult> {
    checkKey(key)
    if (expected !== undefined) checkValue('the expected value', expected)
    if (value !== undefined) checkValue('a value', value)
    const maybe = (one: Json | undefined) => (one === undefined ? [] : [one])
    const swap: Operation = { kind: 'swap', key, expected: maybe(expected), value: maybe(value) }
    const { result } = await this.#client.perform(swap, options)
    if (result.kind !== 'swap') throw unexpected(result.kind)
    if (result.swapped) return { swapped: true, value }
    const isWhole = !result.held || result.value.length > 0
    return { swapped: false, value: isWhole ? result.value[0] : await this.get(key, options) }
  }

  async propose(command: Json, options?: DecisionOptions): Promise<{ readonly index: number; readonly term: number }> {
    checkValue('a command', command)
    const { index, term } = await this.#client.perform({ kind: 'propose', command }, options)
    return { index, term }
  }

  async #write(operation: Operation, options: DecisionOptions | undefined): Promise<{ readonly version: number }> {
    const { result } = await this.#client.perform(operation, options)
    if (result.kind !== 'done') throw unexpected(result.kind)
    return { version: result.version }
  }
}

function unexpected(kind: string): MeshError {
  return new MeshError('malformed', `the leader answered with "${kind}"`, { outcome: 'unknown' })
}
