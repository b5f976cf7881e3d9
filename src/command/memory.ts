/** `memory store` and `memory retrieve`: what all remember together. */
import * as v from 'valibot'
import { defineCommand } from './command.ts'
import { json, text, whole } from './options.ts'

const key = text('The key, such as swarm/worker-1/version')
const namespace = v.optional(text('Default: default'))

const store = defineCommand({
  name: 'memory store',
  summary: 'Remembers a value for everybody in the room',
  options: v.strictObject({
    key,
    value: json('JSON, or a word'),
    namespace,
    ttl: v.optional(whole(1, Number.MAX_SAFE_INTEGER, 'ms until it is forgotten; default never')),
  }),
  positional: ['key', 'value'],
  examples: ['memory store coordination/raft/leader {"agent_id": "node-1", "term": 5} --namespace mesh'],
  async run(mesh, { key, value, namespace, ttl }) {
    await mesh.memory.store(key, value, { ...(namespace && { namespace }), ...(ttl !== undefined && { ttlMs: ttl }) })
    return { key, namespace: namespace ?? 'default', value }
  },
  words: ({ key, namespace }) => `Remembered: ${key} in ${namespace}.`,
})

const retrieve = defineCommand({
  name: 'memory retrieve',
  summary: 'What is remembered under a key',
  options: v.strictObject({ key, namespace }),
  positional: ['key'],
  async run(mesh, { key, namespace }) {
    const value = await mesh.memory.retrieve(key, namespace ? { namespace } : {})
    return { key, namespace: namespace ?? 'default', isThere: value !== undefined, value: value ?? null }
  },
  words: ({ key, namespace, isThere, value }) =>
    isThere ? JSON.stringify(value, null, 2) : `Nothing is remembered under ${key} in ${namespace}.`,
})

export const memoryCommands = [store, retrieve]
