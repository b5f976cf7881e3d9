/** The published cases of etcd-io/raft, Apache-2.0: see ../shared/conformance/README.md. They must run in CI. */
import { describe, expect, test } from 'vitest'
import { changeMembership } from '../../../src/consensus/raft/confchange.ts'
import type { MemberChange, MemberId, Membership, MembershipChange } from '../../../src/consensus/raft/messages.ts'
import { jointVoteResult, reachedByBoth, reachedByMajority, voteResult } from '../../../src/consensus/raft/quorum.ts'
import { areCasesHere, type EtcdCase, etcdCases, listOf } from './support/etcd-cases.ts'

const quorumFiles = ['majority_commit', 'joint_commit', 'majority_vote', 'joint_vote']
const changeFiles = [
  'joint_autoleave',
  'joint_idempotency',
  'joint_learners_next',
  'joint_safety',
  'simple_idempotency',
  'simple_promote_demote',
  'simple_safety',
  'update',
  'zero',
]

test.runIf(areCasesHere || process.env.CI === 'true')('all published cases are found', () => {
  const count = (files: string[], of: string) => files.flatMap(name => etcdCases(`${of}/testdata/${name}.txt`)).length
  expect(count(quorumFiles, 'quorum')).toBe(127)
  expect(count(changeFiles, 'confchange')).toBe(58)
})

describe.skipIf(!areCasesHere)('quorum (skipped where ../shared is absent)', () => {
  for (const file of quorumFiles)
    for (const one of etcdCases(`quorum/testdata/${file}.txt`))
      test(`${file}:${one.line} ${one.directive} ${JSON.stringify(one.args)}`, () => {
        expect(one.directive === 'vote' ? voteAnswer(one) : commitAnswer(one)).toBe(one.expected.at(-1))
      })
})

/** Values are given for each distinct member, in order of their numbers. */
function halves<T>(one: EtcdCase, values: string[], read: (text: string) => T): [T[], T[]] {
  const incoming = listOf(one.args.cfg)
  const outgoing = listOf(one.args.cfgj)
  const members = [...new Set([...incoming, ...outgoing])].sort((a, b) => Number(a) - Number(b))
  expect(values.length).toBe(members.length)
  const of = new Map(members.map((member, place) => [member, read(values[place] as string)]))
  const pick = (half: string[]) => half.map(member => of.get(member) as T)
  return [pick(incoming), pick(outgoing)]
}

function commitAnswer(one: EtcdCase): string {
  const [incoming, outgoing] = halves(one, listOf(one.args.idx), text => (text === '_' ? 0 : Number(text)))
  const joint = 'cfgj' in one.args ? reachedByBoth(incoming, outgoing) : reachedByMajority(incoming)
  if (joint !== Number.POSITIVE_INFINITY) return String(joint)
  return 'cfgj' in one.args ? '∞' : '<empty majority quorum>∞'
}

function voteAnswer(one: EtcdCase): string {
  const votes = { y: true, n: false, _: undefined } as const
  const [incoming, outgoing] = halves(one, listOf(one.args.votes), text => votes[text as keyof typeof votes])
  const result = 'cfgj' in one.args ? jointVoteResult(incoming, outgoing) : voteResult(incoming)
  return { won: 'VoteWon', lost: 'VoteLost', pending: 'VotePending' }[result]
}

describe.skipIf(!areCasesHere)('membership changes (skipped where ../shared is absent)', () => {
  for (const file of changeFiles) {
    let membership: Membership = { voters: [], outgoing: [], learners: [], learnersNext: [], autoLeave: false }
    const cases = etcdCases(`confchange/testdata/${file}.txt`).map(one => {
      const result = changeMembership(membership, changeOf(one))
      if (typeof result !== 'string') membership = result
      return { one, result }
    })
    for (const { one, result } of cases)
      test(`${file}:${one.line} ${one.directive} ${one.input.join(' ')}`, () => {
        const isRefusal = !one.expected[0]?.startsWith('voters=')
        if (isRefusal) expect(result).toBe(errors[one.expected[0] as string])
        else expect(typeof result === 'string' ? result : describeMembership(result)).toBe(one.expected[0])
      })
  }
})

const errors: Readonly<Record<string, string>> = {
  'config is already joint': 'already joint',
  "can't leave a non-joint config": 'not joint',
  "can't apply simple config change in joint config": 'simple change while joint',
  "can't make a zero-voter config joint": 'no voters to be joint with',
  'removed all voters': 'no voter would be left',
  'more than one voter changed without entering joint config': 'more than one voter changed',
}

/** Two things of etcd's we do not have: `u` (update) passes data through and changes nobody, and node 0 means no node. */
function changeOf({ directive, args, input }: EtcdCase): MembershipChange {
  const sets = { v: 'voter', l: 'learner', r: 'removed' } as const
  const words = listOf(input.join(' ')).filter(word => !word.startsWith('u') && word.slice(1) !== '0')
  const changes: MemberChange[] = words.map(word => ({
    set: sets[word[0] as keyof typeof sets],
    member: word.slice(1) as MemberId,
  }))
  if (directive === 'leave-joint') return { kind: 'leave-joint' }
  if (directive === 'enter-joint') return { kind: 'enter-joint', changes, autoLeave: args.autoleave === 'true' }
  return { kind: 'simple', changes }
}

function describeMembership({ voters, outgoing, learners, learnersNext, autoLeave }: Membership): string {
  const list = (ids: readonly string[]) => `(${[...ids].sort((a, b) => Number(a) - Number(b)).join(' ')})`
  return [
    `voters=${list(voters)}${outgoing.length > 0 ? `&&${list(outgoing)}` : ''}`,
    learners.length > 0 && `learners=${list(learners)}`,
    learnersNext.length > 0 && `learners_next=${list(learnersNext)}`,
    autoLeave && 'autoleave',
  ]
    .filter(Boolean)
    .join(' ')
}
