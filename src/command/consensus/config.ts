/** `consensus config`: the clocks of Raft and who votes; with options other clocks, for the whole room, at once. */
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import { electionMsMax, heartbeatMsMax } from '../../consensus/decisions/limits.ts'
import { defineCommand } from '../command.ts'
import { columns, count } from '../format.ts'
import { choice, whole } from '../options.ts'
import { peerName } from '../people.ts'
import { clockWords } from './clocks.ts'
import { viewOf } from './status.ts'

export const consensusConfig = defineCommand({
  name: 'consensus config',
  summary: 'Shows the clocks and the voters; with options changes the clocks of the whole room',
  options: v.strictObject({
    timing: v.optional(
      choice(
        ['auto', 'lab', 'internet'],
        'Preset: `lab` for one room, `internet` for slow ways, `auto` by what is measured',
      ),
    ),
    'heartbeat-interval': v.optional(whole(1, heartbeatMsMax, 'ms between two heartbeats of the leader')),
    'election-timeout': v.optional(
      whole(1, electionMsMax, 'ms of silence before a voter asks for votes; up to twice as long, by chance'),
    ),
    'quorum-size': v.optional(whole(1, 100, 'Voters a decision needs: always a majority, so this only checks it')),
  }),
  examples: [
    'consensus config',
    'consensus config --timing internet',
    'consensus config --heartbeat-interval 50 --election-timeout 300',
  ],
  async run(mesh, given) {
    const { quorum } = viewOf(mesh)
    const wanted = given['quorum-size']
    if (wanted !== undefined && wanted !== quorum.needs)
      throw new MeshError(
        'invalid-option',
        `A quorum is a majority, or two halves of a split could both decide. ${quorum.sentence}; it changes only with the voters`,
      )
    const heartbeatMs = given['heartbeat-interval']
    const electionMs = given['election-timeout']
    const isChange = given.timing !== undefined || heartbeatMs !== undefined || electionMs !== undefined
    const changed = isChange
      ? await mesh.decisions.configure({
          ...(given.timing && { preset: given.timing }),
          ...(heartbeatMs !== undefined && { heartbeatMs }),
          ...(electionMs !== undefined && { electionMs }),
        })
      : undefined
    const { timing, pace, members } = viewOf(mesh)
    const voters = members.filter(({ seat }) => seat === 'voter')
    return {
      isChanged: isChange,
      protocol: 'raft',
      timing: { ...(changed ?? timing), pace: isChange ? 1 : pace },
      quorum,
      voters: voters.map(({ member, host, isLive }) => ({ member, host, isLive, name: peerName(mesh, host) })),
    }
  },
  words({ isChanged, timing, quorum, voters }) {
    return [
      ...(isChanged ? ['Changed for the whole room.'] : []),
      columns([
        ['Clocks', clockWords(timing)],
        ['Quorum', quorum.sentence],
        [
          'Voters',
          voters.length > 0
            ? voters.map(({ name, isLive }) => (isLive ? name : `${name} (away)`)).join(', ')
            : count(0),
        ],
      ]),
    ].join('\n\n')
  },
})
