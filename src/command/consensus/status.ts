/** `consensus status`: who leads and why, what this tab does in it, who votes, how far the log is. */
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import type { DecisionsView, ElectionRecord } from '../../consensus/decisions/types.ts'
import { defineCommand } from '../command.ts'
import { ago, columns, count, shortId } from '../format.ts'
import { electionsShown } from '../limits.ts'
import type { CommandMesh } from '../mesh.ts'
import { whole } from '../options.ts'
import { hostName, peerName } from '../people.ts'
import { clockWords } from './clocks.ts'

const reasons: Readonly<Record<ElectionRecord['reason'], string>> = {
  first: 'the first',
  timeout: 'nothing was heard from the one before',
  'leader-gone': 'the one before was gone',
  handover: 'the one before handed over',
}

export function viewOf({ snapshot }: CommandMesh): DecisionsView {
  if (!snapshot.decisions)
    throw new MeshError('unsupported', 'This tab does not decide yet; it begins a moment after it has joined')
  return snapshot.decisions
}

export const consensusStatus = defineCommand({
  name: 'consensus status',
  summary: 'Who leads, who votes, how far the log is, and who led before',
  options: v.strictObject({
    elections: v.optional(whole(0, 100, `How many of the last elections; default ${electionsShown}`)),
  }),
  async run(mesh, { elections = electionsShown }) {
    const view = viewOf(mesh)
    const { state, sentence, leader, term, quorum, log, timing, pace, generation } = view
    return {
      state,
      sentence,
      term,
      leader: leader ? { ...leader, name: peerName(mesh, leader.host) } : null,
      quorum,
      timing: { ...timing, pace },
      log: { firstIndex: log.firstIndex, lastIndex: log.lastIndex, commit: log.commit, applied: log.applied },
      generation: generation ?? null,
      register: { keys: view.keys, bytes: view.bytes },
      members: view.members.map(one => ({ ...one, name: one.host ? peerName(mesh, one.host) : null })),
      elections: (elections === 0 ? [] : view.elections.slice(-elections)).map(one => ({
        ...one,
        name: one.host ? peerName(mesh, one.host) : hostName(mesh, one.member),
      })),
      atMs: Date.now(),
    }
  },
  words({ state, sentence, leader, quorum, timing, log, generation, register, members, elections, atMs }) {
    const here = members.filter(({ isHostedHere }) => isHostedHere)
    const ours = here.map(({ seat, role, member, epoch }) => {
      const life = epoch === undefined || epoch === 1 ? '' : `, life ${epoch}`
      return `${role ?? seat} ${shortId(member)}${seat === 'voter' ? '' : ` (${seat})`}${life}`
    })
    const facts = [
      ['State', state],
      ['Leader', leader ? `${leader.name}, term ${count(leader.term)}` : 'nobody'],
      ['This tab', ours.length > 0 ? ours.join(', ') : 'hosts no member; it decides through the leader'],
      ['Quorum', `${quorum.sentence}; ${count(quorum.live)} can be seen from here`],
      [
        'Log',
        here.length > 0
          ? `committed ${count(log.commit)}, applied ${count(log.applied)}, last ${count(log.lastIndex)}`
          : 'no copy here',
      ],
      ['Register', `${count(register.keys)} keys, ${count(register.bytes)} bytes`],
      ['Clocks', clockWords(timing)],
      ...(generation
        ? [
            [
              'History',
              `${shortId(generation.id)}, ${count(generation.decided)} decided${generation.parent ? `, continues ${shortId(generation.parent)}` : ''}`,
            ],
          ]
        : []),
    ]
    const rows = members.map(({ seat, name, role, member, isLive, match }) => [
      seat,
      name ?? 'nobody',
      isLive ? (role ?? '') : 'away',
      shortId(member),
      match === undefined ? '' : `up to ${count(match)}`,
    ])
    const history = [...elections]
      .reverse()
      .map(({ term, name, reason, atMs: at }) => [`term ${count(term)}`, name, ago(at, atMs), reasons[reason]])
    return [
      ...(sentence ? [sentence] : []),
      columns(facts),
      ...(rows.length > 0 ? [`Members\n${columns(rows, '  ')}`] : []),
      ...(history.length > 0 ? [`Elections, latest first\n${columns(history, '  ')}`] : []),
    ].join('\n\n')
  },
})
