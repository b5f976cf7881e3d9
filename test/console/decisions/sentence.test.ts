import { describe, expect, test } from 'vitest'
import type { DecisionsView, LeaderInfo, MemberId } from '../../../src/consensus/decisions/types.ts'
import { ifClosed, sentenceOf } from '../../../src/console/decisions/sentence.ts'
import { election, five, leads, me, member, names, nowMs, peer, view, without } from './views.ts'

const say = (of: DecisionsView) => sentenceOf(of, nowMs, names)
const led = (host: string, term: number, more: Partial<DecisionsView> = {}) =>
  view(five, { leader: leads(host, term), ...more })

describe('why somebody leads', () => {
  test('after the leader’s tab was closed', () => {
    const elections = [election(2, 'bob', 'first', 60_000), election(3, 'ada', 'leader-gone', 2_500)]
    expect(say(led('ada', 3, { elections }))).toBe(
      'Ada leads since term 3 because most voters chose it 2 s ago, after Bob’s tab was closed or crashed. 3 of 5 votes are enough.',
    )
  })

  test('after a silence', () => {
    const elections = [election(2, 'bob', 'first', 60_000), election(3, 'me', 'timeout', 500)]
    expect(say(led('me', 3, { elections }))).toBe(
      'This tab leads since term 3 because most voters chose it just now, after nothing was heard from Bob any more. 3 of 5 votes are enough.',
    )
  })

  test('after a silence of this tab itself', () => {
    const elections = [election(2, 'me', 'first', 60_000), election(3, 'ada', 'timeout', 5_000)]
    expect(say(led('ada', 3, { elections }))).toContain('after nothing was heard from this tab any more')
  })

  test('after this tab was gone and came back', () => {
    const elections = [election(2, 'me', 'first', 60_000), election(3, 'ada', 'leader-gone', 5_000)]
    expect(say(led('ada', 3, { elections }))).toContain('after this tab was away')
  })

  test('again, after its own silence', () => {
    const elections = [election(2, 'ada', 'first', 60_000), election(3, 'ada', 'timeout', 5_000)]
    expect(say(led('ada', 3, { elections }))).toContain('after it had lost touch with the others itself')
  })

  test('names the leader before where only the page saw it lead', () => {
    const elections = [election(4, 'ada', 'leader-gone', 2_500)]
    const said = (before: LeaderInfo) => sentenceOf(led('ada', 4, { elections }), nowMs, names, before)
    expect(said(leads('bob', 2))).toContain('after Bob’s tab was closed or crashed')
    expect(said(leads('bob', 5))).toContain('after the leader before it was lost') // from a later term: not before
    expect(say(led('ada', 4, { elections }))).toContain('after the leader before it was lost')
  })

  test('of a member that moved to another tab, the tab it was in is what was closed', () => {
    const member = 'm-ada' as MemberId
    const elections = [election(2, 'ada', 'first', 60_000), { ...election(3, 'dan', 'leader-gone', 2_500), member }]
    const leader = { ...leads('dan', 3), member }
    expect(say(led('dan', 3, { leader, elections }))).toMatch(/^Dan leads .*after Ada’s tab was closed or crashed/)
  })

  test('prefers what the engine recorded to what the page saw', () => {
    const elections = [election(2, 'bob', 'first', 60_000), election(3, 'ada', 'leader-gone', 2_500)]
    expect(sentenceOf(led('ada', 3, { elections }), nowMs, names, leads('cyd', 1))).toContain('Bob’s tab')
  })

  test('by a handover', () => {
    const elections = [election(2, 'bob', 'first', 60_000), election(3, 'ada', 'handover', 120_000)]
    expect(say(led('ada', 3, { elections }))).toBe('Ada leads since term 3 because Bob handed over to it 2 min ago.')
  })

  test('by a handover from somebody this tab never saw leading', () => {
    const elections = [election(3, 'ada', 'handover', 120_000)]
    expect(say(led('ada', 3, { elections }))).toContain('because the leader before it handed over to it')
  })

  test('as the first, which claims no votes: it may have been alone then', () => {
    const said = say(led('ada', 1, { elections: [election(1, 'ada', 'first', 3_600_000)] }))
    expect(said).toBe(
      'Ada leads since term 1 because it was the first here, 1 h ago, and nothing has gone wrong since.',
    )
    expect(said).not.toContain('votes')
  })

  test('as the only voter', () => {
    const alone = view([member('me')], { leader: leads('me', 1), elections: [election(1, 'me', 'first', 9_000)] })
    expect(say(alone)).toBe(
      'This tab leads since term 1 because it is the only voter: what it has written down is decided.',
    )
  })

  test('since before this tab came', () => {
    expect(say(led('ada', 7))).toBe(
      'Ada leads since term 7 because most voters chose it, before this tab came. 3 of 5 votes are enough.',
    )
  })

  test('goes by the record of the term it leads in, not by the last one known', () => {
    const elections = [
      election(3, 'bob', 'first', 60_000),
      election(4, 'ada', 'handover', 9_000),
      election(5, 'cyd', 'timeout', 100),
    ]
    expect(say(led('ada', 4, { elections }))).toContain('because Bob handed over')
  })

  test('names a leader whose host is not announced by its member, and one never met by its id', () => {
    const unknown = { member: 'm-0123456789' as MemberId, host: undefined, term: 3 }
    expect(say(led('ada', 3, { leader: unknown }))).toMatch(/^Member …\u206023456789 leads since term 3/)
    const stranger = { ...unknown, host: peer('12D3KooWabcdefgh') }
    expect(say(led('ada', 3, { leader: stranger }))).toMatch(/^…\u2060abcdefgh leads/)
  })

  test('finds the host of a leader that moved in the list of members', () => {
    const leader = { ...leads('ada', 3), host: undefined }
    const moved = five.map(one => (one.host === 'ada' ? { ...one, host: peer('eve') } : one))
    expect(say(view(moved, { leader }))).toMatch(/^Eve leads/)
  })
})

describe('voters that are away', () => {
  test.each<[string[], string]>([
    [['bob'], ' Bob is away; decisions go on, and 1 more may be lost.'],
    [['bob', 'cyd'], ' Bob and Cyd are away; decisions go on, but if one more is lost they stop.'],
  ])('%s', (gone, words) => {
    expect(say(view(without(five, ...gone), { leader: leads('ada', 3) }))).toContain(words)
  })

  test('are not spoken of while all are here', () => {
    expect(say(led('ada', 3))).not.toContain('away;')
  })

  test('are counted where no voter of the list can be named', () => {
    const counted = led('ada', 3)
    const said = say({ ...counted, quorum: { ...counted.quorum, live: 4 } })
    expect(said).toContain('1 voter is away')
  })
})

describe('without a leader', () => {
  test.each<[string, Partial<DecisionsView>, string]>([
    [
      'whose leader is gone',
      { members: without(five, 'bob'), elections: [election(3, 'bob', 'first', 9_000)] },
      'Nobody leads at the moment: Bob, who led, is gone. The voters are choosing: whoever gets 3 of 5 votes leads. Writes wait until then.',
    ],
    [
      'whose leader is silent',
      { elections: [election(3, 'bob', 'first', 9_000)] },
      'Nobody leads at the moment: nothing is heard from Bob, who led. The voters are choosing: whoever gets 3 of 5 votes leads. Writes wait until then.',
    ],
    [
      'that this tab led',
      { elections: [election(3, 'me', 'first', 9_000)] },
      'Nobody leads at the moment: this tab gave up the lead. The voters are choosing: whoever gets 3 of 5 votes leads. Writes wait until then.',
    ],
    [
      'that never had one',
      {},
      'Nobody leads yet. The voters are choosing: whoever gets 3 of 5 votes leads. Writes wait until then.',
    ],
  ])('a room %s elects', (_, more, words) => {
    expect(say({ ...view(five), ...more, state: 'electing' })).toBe(words)
  })

  test('the leader that only the page saw is named, and a later record wins over it', () => {
    const lost = view(without(five, 'bob'), { state: 'electing', elections: [election(3, 'cyd', 'first', 9_000)] })
    expect(sentenceOf(lost, nowMs, names, leads('bob', 4))).toContain('Bob, who led, is gone')
    expect(sentenceOf(lost, nowMs, names, leads('bob', 2))).toContain('nothing is heard from Cyd, who led')
  })

  test('a candidate here says that it asks for votes, and in which term', () => {
    const members = five.map(one => (one.host === me ? { ...one, role: 'candidate' as const } : one))
    expect(say(view(members, { state: 'electing', term: 8 }))).toContain(
      'This tab asks for votes in term 8: whoever gets 3 of 5',
    )
  })

  test('a state that is ready but knows no leader is told as an election', () => {
    expect(say(view(five))).toMatch(/^Nobody leads yet/)
  })
})

describe('without a quorum', () => {
  test('says how many are needed, who is missing, and that reads and writes are refused', () => {
    expect(say(view(without(five, 'bob', 'cyd', 'dan'), { state: 'no-quorum' }))).toBe(
      'Nobody leads: 2 of 5 voters are reachable, 3 are needed. Reads and writes are refused until one more is back. Missing: Bob, Cyd and Dan.',
    )
  })

  test('counts in the singular', () => {
    expect(say(view(without(five, 'ada', 'bob', 'cyd', 'dan'), { state: 'no-quorum' }))).toBe(
      'Nobody leads: 1 of 5 voters is reachable, 3 are needed. Reads and writes are refused until 2 more are back. Missing: Ada, Bob, Cyd and Dan.',
    )
  })

  test('does not ask for more than enough when those who are here do not answer', () => {
    expect(say(view(five, { state: 'no-quorum' }))).toContain('refused until they answer.')
  })

  test('names four and counts the rest', () => {
    const seven = ['ada', 'bob', 'cyd', 'dan', 'eve', 'fay', 'me'].map(host => member(host))
    const said = say(view(without(seven, 'ada', 'bob', 'cyd', 'dan', 'eve'), { state: 'no-quorum' }))
    expect(said).toContain('Missing: Ada, Bob, Cyd and 2 more.')
  })
})

describe('two histories', () => {
  const other = { id: 'g2', bornAtMs: nowMs - 300_000, parent: undefined, decided: 3 }
  const conflict = { other, peer: peer('bob'), isSuccessor: false, ownDecided: 12 }

  test('that never had to do with each other', () => {
    expect(say(view(five, { state: 'conflict', conflict }))).toBe(
      'Two rooms of this name met: Bob brings a history that began 5 min ago, and this tab still holds the one from 2 h ago. ' +
        'They cannot be made into one: choose which one goes on.',
    )
  })

  test('of which one continues ours', () => {
    expect(say(view(five, { state: 'conflict', conflict: { ...conflict, isSuccessor: true } }))).toBe(
      'Bob went on without this tab, by “Continue from here”, 5 min ago, and this tab still holds the one from 2 h ago. Choose whether to join.',
    )
  })

  test('of which nothing more is known', () => {
    expect(say(view(five, { state: 'conflict', generation: undefined }))).toContain('choose which one goes on')
  })
})

describe('a tab without a copy', () => {
  test('decides through the leader, where there is one', () => {
    const said = say(led('ada', 3, { state: 'joining' }))
    expect(said).toBe(
      'This room has decided things before. This tab is getting a copy of them; it decides all the same, through Ada, who leads.',
    )
    expect(say(view(five, { state: 'joining' }))).not.toContain('through')
  })

  test('says that the browser keeps nothing', () => {
    expect(say(led('ada', 3, { state: 'storage-lost' }))).toBe(
      'This browser keeps no data for this site, so this tab holds no copy of what is decided; it decides all the same, through Ada, who leads. ' +
        'To hold one, let the browser keep site data, and reload.',
    )
  })

  test('says at the start what it is doing', () => {
    expect(say(view([], { state: 'starting' }))).toContain('asks the others which history this room has')
  })
})

describe('closing a tab', () => {
  const close = (of: DecisionsView, host: string) => ifClosed(of, peer(host), names)

  test('of the leader ends in an election, and loses nothing', () => {
    expect(close(led('ada', 3), 'ada')).toBe(
      'If Ada’s tab is closed, the 4 voters left choose another leader by themselves: 3 votes are enough. Nothing decided is lost; writes wait for that moment.',
    )
  })

  test('of a follower changes nothing', () => {
    expect(close(led('ada', 3), 'bob')).toBe(
      'If Bob’s tab is closed, decisions go on: 4 of 5 voters are left, and 3 are enough.',
    )
  })

  test('of one too many stops decisions', () => {
    const bare = view(without(five, 'bob', 'cyd'), { leader: leads('ada', 3) })
    for (const host of ['ada', 'dan'])
      expect(close(bare, host)).toContain('2 of 5 voters are left and 3 are needed: nothing can be decided')
  })

  test('of one that is away already takes nothing more', () => {
    const bare = view(without(five, 'bob', 'cyd'), { leader: leads('ada', 3) })
    expect(close(bare, 'bob')).toContain('decisions go on: 3 of 5 voters are left')
  })

  test('of the only voter stops decisions, with one voter or several in it', () => {
    const words = 'nothing can be decided until it is back, or another tab of its browser takes over its copy'
    expect(close(view([member('me')], { leader: leads('me', 1) }), 'me')).toContain(`If this tab is closed, ${words}`)
    const both = [member('me'), member('me', { member: 'm-2' as MemberId })]
    expect(close(view(both, { leader: leads('me', 1) }), 'me')).toContain(words)
  })

  test('that hosts two of five takes two votes', () => {
    const doubled = five.map(one => (one.host === 'bob' ? { ...one, host: peer('ada') } : one))
    expect(close(view(doubled, { leader: leads('ada', 3) }), 'ada')).toContain(
      'the 3 voters left choose another leader',
    )
  })

  test('of a learner or a stranger takes no vote', () => {
    const more = [...five, member('eve', { seat: 'learner' })]
    expect(close(view(more, { leader: leads('ada', 3) }), 'eve')).toBe(
      'If Eve’s tab is closed, decisions go on: it has no vote.',
    )
    expect(close(view(more), 'nobody')).toContain('it has no vote')
  })
})
