/** `consensus step-down`: whoever leads hands over. Any tab may ask; the leader brings its heir up to date first. */
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import { defineCommand } from '../command.ts'
import { count } from '../format.ts'
import type { CommandMesh } from '../mesh.ts'
import { text } from '../options.ts'
import { peerBy, peerName, voterBy, voterNames } from '../people.ts'
import { viewOf } from './status.ts'

export const consensusStepDown = defineCommand({
  name: 'consensus step-down',
  summary: 'Whoever leads hands over to another voter',
  options: v.strictObject({
    to: v.optional(text('The voter that is to lead next, by the name of its tab; default: the one that is furthest')),
    agent: v.optional(text('Who is to step down; refused where somebody else leads')),
  }),
  suggest: { to: voterNames, agent: mesh => (mesh.leader?.host ? [leaderName(mesh)] : []) },
  examples: ['consensus step-down', 'consensus step-down --to Ada'],
  async run(mesh, { to, agent }) {
    const { leader } = viewOf(mesh)
    if (!leader) throw new MeshError('no-quorum', 'Nobody leads at the moment')
    if (agent !== undefined && peerBy(mesh, agent) !== leader.host)
      throw new MeshError('invalid-option', `${agent} does not lead; ${leaderName(mesh)} does`)
    const from = leaderName(mesh)
    await mesh.decisions.stepDown(to === undefined ? undefined : voterBy(mesh, to).member)
    // What this tab shows may be a moment behind: who leads now says a quorum.
    const { leader: next } = await mesh.decisions.verifyQuorum()
    return { from, to: peerName(mesh, next.host), term: next.term, leader: next }
  },
  words: ({ from, to, term }) => `${from} stepped down. ${to} leads in term ${count(term)}, and a quorum follows.`,
})

function leaderName(mesh: CommandMesh): string {
  return peerName(mesh, mesh.leader?.host).replace(' (this tab)', '')
}
