/** `decisions get`, `set`, `delete` and `list`: the register that the whole room shares. */
import * as v from 'valibot'
import type { Json } from '../base/json.ts'
import { defineCommand } from './command.ts'
import { columns, count, plural } from './format.ts'
import { rowsShownMax, valueShownCharsMax } from './limits.ts'
import { json, text } from './options.ts'

const key = text('The key, such as colour or settings/theme')

function shown(value: Json): string {
  const line = JSON.stringify(value)
  return line.length <= valueShownCharsMax ? line : `${line.slice(0, valueShownCharsMax - 1)}…`
}

const get = defineCommand({
  name: 'decisions get',
  summary: 'Reads a key, linearizably',
  options: v.strictObject({ key }),
  positional: ['key'],
  examples: ['decisions get colour'],
  async run(mesh, { key }, call) {
    const value = await mesh.decisions.get(key, signalOf(call))
    return { key, isThere: value !== undefined, value: value ?? null }
  },
  words: ({ key, isThere, value }) => (isThere ? JSON.stringify(value, null, 2) : `“${key}” is not there.`),
})

const set = defineCommand({
  name: 'decisions set',
  summary: 'Decides a value for the whole room',
  options: v.strictObject({ key, value: json('JSON, or a word') }),
  positional: ['key', 'value'],
  examples: [
    'decisions set colour red',
    'decisions set limits {"agents": 12}',
    'decisions set room/owner "Brisk Otter"',
  ],
  async run(mesh, { key, value }, call) {
    const { version } = await mesh.decisions.set(key, value, signalOf(call))
    return { key, value, version }
  },
  words: ({ key, value, version }) => `Decided: ${key} = ${shown(value)}, version ${count(version)}.`,
})

const remove = defineCommand({
  name: 'decisions delete',
  summary: 'Takes a key away, for the whole room',
  options: v.strictObject({ key }),
  positional: ['key'],
  async run(mesh, { key }, call) {
    const { version } = await mesh.decisions.delete(key, signalOf(call))
    return { key, version }
  },
  words: ({ key, version }) => `Decided: ${key} is deleted, version ${count(version)}.`,
})

const list = defineCommand({
  name: 'decisions list',
  summary: 'Lists the keys, linearizably',
  options: v.strictObject({ prefix: v.optional(text('Only keys that begin so')) }),
  positional: ['prefix'],
  examples: ['decisions list', 'decisions list room/'],
  run: async (mesh, { prefix = '' }, call) => ({ prefix, entries: await mesh.decisions.list(prefix, signalOf(call)) }),
  words({ prefix, entries }) {
    if (entries.length === 0) return prefix ? `No key begins with “${prefix}”.` : 'Nothing was decided yet.'
    const rows = entries
      .slice(0, rowsShownMax)
      .map(({ key, value, version }) => [key, shown(value), `version ${count(version)}`])
    const more = entries.length - rows.length
    return [columns(rows), ...(more > 0 ? [`and ${plural(more, 'key')} more; --json has them all`] : [])].join('\n')
  },
})

const propose = defineCommand({
  name: 'decisions propose',
  summary: 'Decides any JSON, once, for whoever listens',
  options: v.strictObject({ command: json('What is to be decided') }),
  positional: ['command'],
  examples: ['decisions propose {"task_assignment": "auth-service", "assigned_to": "node-3"}'],
  run: (mesh, { command }, call) => mesh.decisions.propose(command, signalOf(call)),
  words: ({ index, term }) => `Decided as entry ${count(index)} of term ${count(term)}.`,
})

function signalOf({ signal }: { readonly signal?: AbortSignal | undefined }) {
  return signal ? { signal } : {}
}

export const decisionCommands = [get, set, remove, list, propose]
