/** `consensus verify-quorum`: does a quorum really answer its leader, now? A leader without one steps down over the question. */
import * as v from 'valibot'
import { defineCommand } from '../command.ts'
import { count, plural } from '../format.ts'
import { hostName, peerName } from '../people.ts'

export const consensusVerifyQuorum = defineCommand({
  name: 'consensus verify-quorum',
  summary: 'Asks a quorum, now, whether it follows the leader, and who answered',
  options: v.strictObject({}),
  async run(mesh) {
    const { leader, answered, silent, ...verified } = await mesh.decisions.verifyQuorum()
    const named = (members: typeof answered) => members.map(member => ({ member, name: hostName(mesh, member) }))
    return {
      ...verified,
      leader: { ...leader, name: peerName(mesh, leader.host) },
      answered: named(answered),
      silent: named(silent),
    }
  },
  words({ sentence, leader, answered, silent, index, needs }) {
    const namesOf = (members: typeof answered) => members.map(({ name }) => name).join(', ')
    return [
      `${sentence}.`,
      `${plural(answered.length, 'voter')} answered, ${count(needs)} needed: ${namesOf(answered)}.`,
      ...(silent.length > 0 ? [`Silent: ${namesOf(silent)}.`] : []),
      `${leader.name} leads in term ${count(leader.term)}; all up to entry ${count(index)} is decided.`,
    ].join('\n')
  },
})
