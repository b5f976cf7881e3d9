/** `faults list` and `faults heal`: what was broken on purpose. */
import * as v from 'valibot'
import { defineCommand } from './command.ts'
import { ago, columns, plural } from './format.ts'
import { text } from './options.ts'
import { peerName } from './people.ts'

const list = defineCommand({
  name: 'faults list',
  summary: 'What is broken on purpose, here or in the whole room',
  options: v.strictObject({}),
  run: async mesh =>
    mesh.faults.list().map(fault => ({ ...fault, byName: peerName(mesh, fault.by), atMs: Date.now() })),
  words: faults =>
    faults.length > 0
      ? columns(
          faults.map(({ id, command, scope, byName, sinceMs, atMs }) => [
            id,
            command.kind,
            scope === 'room' ? 'the whole room' : 'this peer',
            `by ${byName}`,
            ago(sinceMs, atMs),
          ]),
        )
      : 'Nothing is broken on purpose.',
})

const heal = defineCommand({
  name: 'faults heal',
  summary: 'Ends all faults, or one of them',
  options: v.strictObject({ id: v.optional(text('As `faults list` names it; default: all')) }),
  positional: ['id'],
  suggest: { id: mesh => mesh.faults.list().map(({ id }) => id) },
  async run(mesh, { id }) {
    const before = mesh.faults.list().filter(fault => id === undefined || fault.id === id).length
    const { confirmed, unconfirmed } = await mesh.faults.heal(id)
    return { healed: before, confirmed, unconfirmed: unconfirmed.map(peer => ({ peer, name: peerName(mesh, peer) })) }
  },
  words({ healed, unconfirmed }) {
    const silent = unconfirmed.length > 0 ? ` Not confirmed by ${unconfirmed.map(({ name }) => name).join(', ')}.` : ''
    return `${healed === 0 ? 'There was nothing to heal here.' : `${plural(healed, 'fault')} healed.`}${silent}`
  },
})

export const faultCommands = [list, heal]
