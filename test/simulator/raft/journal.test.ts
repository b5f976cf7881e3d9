/** Watchers that no mutant of the core has ever set off (another always saw it first) can still be set off. */
import { describe, expect, test } from 'vitest'
import type { Entry, MemberId, Membership } from '../../../src/consensus/raft/messages.ts'
import type { RaftView, RestoredState } from '../../../src/consensus/raft/state.ts'
import { Committed } from '../../../src/simulator/raft/committed.ts'
import { Journal } from '../../../src/simulator/raft/journal.ts'
import type { MemberDisk } from '../../../src/simulator/raft/storage.ts'

const [ann, bob, cyd] = ['ann', 'bob', 'cyd'] as MemberId[] as [MemberId, MemberId, MemberId]
const membership: Membership = {
  voters: [ann, bob, cyd],
  outgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
}
const snapshot = { index: 1, term: 1, timeMs: 0, membership, data: null }
const genesis = { index: 1, membership }

function noop(index: number, term: number): Entry {
  return { kind: 'noop', index, term, timeMs: 0, bytes: 0 }
}

/** A member that is whatever the test says it is: nothing is checked but what it shows. */
class Puppet {
  readonly #journal: Journal
  readonly id: MemberId
  readonly life: number
  readonly raft: { readonly view: RaftView }
  log: Entry[] = []
  shown = { role: 'follower' as RaftView['role'], term: 1, votedFor: undefined as MemberId | undefined, commit: 1 }
  readonly disk = { state: { epoch: 1, raft: undefined as RestoredState | undefined } }

  constructor(journal: Journal, id: MemberId, life = 1) {
    this.#journal = journal
    this.id = id
    this.life = life
    const puppet = this
    const view = {
      firstIndex: 2,
      membership,
      snapshot,
      applied: 1,
      get role() {
        return puppet.shown.role
      },
      get term() {
        return puppet.shown.term
      },
      get votedFor() {
        return puppet.shown.votedFor
      },
      get commit() {
        return puppet.shown.commit
      },
      get lastIndex() {
        return 1 + puppet.log.length
      },
      progress: () => [],
      entry: (index: number) => puppet.log[index - 2],
      termAt: (index: number) => (index === 1 ? 1 : puppet.log[index - 2]?.term),
    }
    this.raft = { view: view as unknown as RaftView }
    journal.disks.set(id, { disk: this.disk as unknown as MemberDisk, lost: undefined })
    this.saves()
    journal.started(this, life, this.disk.state.raft as unknown as RestoredState)
  }

  saves(): void {
    const { term, votedFor, commit } = this.shown
    const hard = { term, votedFor, commit }
    this.disk.state.raft = { member: this.id, generation: 'g', hard, snapshot, entries: [...this.log], applied: 1 }
  }

  becomes(shown: Partial<Puppet['shown']>, log: Entry[] = this.log): void {
    this.log = log
    this.shown = { ...this.shown, ...shown }
    this.saves()
    this.#journal.stepped(this, { kind: 'tick', ticks: 1 }, [])
  }

  votesFor(candidate: MemberId, term: number): void {
    this.becomes({ term, votedFor: candidate })
    const sender = { generation: 'g', epoch: this.life }
    this.#journal.sent(this, candidate, { kind: 'vote-reply', sender, term, pre: false, granted: true })
  }
}

function threePuppets() {
  const journal = new Journal(genesis, 100)
  const puppets = [ann, bob, cyd].map(id => new Puppet(journal, id))
  return { journal, puppets: puppets as [Puppet, Puppet, Puppet] }
}

describe('somebody who sees everything', () => {
  test('sees a term that falls', () => {
    const { puppets } = threePuppets()
    puppets[0].becomes({ term: 3 })
    expect(() => puppets[0].becomes({ term: 2 })).toThrow('term-monotonic')
  })

  test('sees a leader that cuts or replaces what it has', () => {
    for (const after of [[noop(2, 2)], [noop(2, 2), noop(3, 3)]]) {
      const { puppets } = threePuppets()
      const [leader, voter] = puppets
      voter.votesFor(ann, 2)
      leader.becomes({ role: 'leader', term: 2 }, [noop(2, 2), noop(3, 2)])
      expect(() => leader.becomes({}, after)).toThrow('leader-append-only')
    }
  })

  test('sees two leaders of one term, and one without a quorum', () => {
    const { puppets } = threePuppets()
    puppets[1].votesFor(ann, 2)
    puppets[0].becomes({ role: 'leader', term: 2 })
    expect(() => puppets[2].becomes({ role: 'leader', term: 2 })).toThrow('election-safety')
    expect(() => puppets[2].becomes({ role: 'leader', term: 3 })).toThrow('elected-by-quorum')
  })

  test('sees logs that differ in one entry, or in what comes before it', () => {
    const { puppets } = threePuppets()
    puppets[0].becomes({}, [noop(2, 2), noop(3, 2)])
    expect(() => puppets[1].becomes({}, [{ ...noop(2, 2), timeMs: 9 }])).toThrow('log-matching')
    expect(() => puppets[2].becomes({}, [noop(2, 1), noop(3, 2)])).toThrow('log-matching')
  })

  test('sees a leader without what was committed, whether it leads before or after', () => {
    for (const isFirst of [true, false]) {
      const { puppets } = threePuppets()
      const [ann_, bob_, cyd_] = puppets
      const commits = () => ann_.becomes({ commit: 2 })
      const leads = () => cyd_.becomes({ role: 'leader', term: 3 })
      bob_.votesFor(ann, 2)
      ann_.becomes({ role: 'leader', term: 2 }, [noop(2, 2)])
      bob_.becomes({}, [noop(2, 2)])
      bob_.votesFor(cyd, 3)
      if (isFirst) leads()
      else commits()
      expect(isFirst ? commits : leads).toThrow('leader-completeness')
    }
  })

  test('sees a commit that no quorum has, one of an older term, and one that only a follower knows of', () => {
    const { puppets } = threePuppets()
    const [leader, voter, other] = puppets
    voter.votesFor(ann, 3)
    leader.becomes({ role: 'leader', term: 3 }, [noop(2, 2), noop(3, 3)])
    expect(() => leader.becomes({ commit: 3 })).toThrow('commit-by-quorum')
    expect(() => leader.becomes({ commit: 2 })).toThrow('commit-own-term')
    expect(() => other.becomes({ commit: 2 }, [noop(2, 2)])).toThrow('commit-by-quorum')
  })

  test('sees two lives that speak with one epoch', () => {
    const { journal, puppets } = threePuppets()
    puppets[1].votesFor(ann, 2)
    const twin = new Puppet(journal, bob, 2)
    const sender = { generation: 'g', epoch: 1 }
    expect(() => journal.sent(twin, ann, { kind: 'heartbeat-ok', sender, term: 2, round: 1 })).toThrow(
      'one-host-per-epoch',
    )
  })

  test('sees a committed log with a gap, and a membership whose quorums need not meet the last one’s', () => {
    expect(() => new Committed(genesis).add(noop(3, 1), 1, ann)).toThrow('commit-order')
    const changes = [bob, cyd].map(member => ({ set: 'removed' as const, member }))
    const entry: Entry = { ...noop(2, 1), kind: 'membership', change: { kind: 'simple', changes } }
    expect(() => new Committed(genesis).add(entry, 1, ann)).toThrow('membership-safety')
  })
})
