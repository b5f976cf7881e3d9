/** The driver of Raft with a clock that the test turns: group commit, fences, failing disks, rest, and a leader known to be gone. */
import { describe, expect, test } from 'vitest'
import type { Answer } from '../../../src/consensus/raft/answers.ts'
import { DEFAULT_LIMITS } from '../../../src/consensus/raft/limits.ts'
import { command, type One, roomOf } from './support/driver-room.ts'

/** What came of promises, as far as anything did. */
function answersOf(promises: readonly Promise<Answer>[]): Answer['kind'][] {
  const kinds: Answer['kind'][] = []
  for (const promise of promises) void promise.then(({ kind }) => kinds.push(kind))
  return kinds
}

describe('the driver', () => {
  test('elects a leader, commits, and answers each proposal once it is applied', async () => {
    const room = roomOf('a b c')
    await room.pass(600)
    expect(room.leading()).toHaveLength(1)
    const answer = room.leader().driver.propose(command('x'))
    await room.pass(50)
    expect(await answer).toMatchObject({
      kind: 'done',
      outcome: { kind: 'executed' },
      term: room.leader().driver.view.term,
    })
    for (const one of room.all) expect(one.applied).toEqual(['x'])
  })

  test('writes together what comes while the disk is busy, in order', async () => {
    const room = roomOf('a b c')
    await room.pass(600)
    const leader = room.leader()
    const before = leader.writes.length
    const answers: Promise<Answer>[] = []
    for (let number = 0; number < 100; number++) {
      answers.push(leader.driver.propose(command(number)))
      if (number % 20 === 0) await room.pass(0)
    }
    await room.pass(100)
    expect((await Promise.all(answers)).every(({ kind }) => kind === 'done')).toBe(true)
    expect(leader.applied).toEqual(Array.from({ length: 100 }, (_, number) => number))
    // The first, what gathered behind it, and the commit index that follows.
    expect(leader.writes.length - before).toBeLessThanOrEqual(5)
  })

  test('runs at other clocks from the moment it is told', async () => {
    const room = roomOf('a b c')
    await room.pass(600)
    const clocks = { tickMs: 50, heartbeatTicks: 5, electionTicks: 30, snapshotRetryTicks: 400 }
    for (const { driver } of room.all) driver.retime(clocks, false)
    await room.pass(2_000)
    const former = room.leader()
    former.driver.worked() // a resting leader would let them wait longer
    await room.pass(300)
    former.isCut = true
    await room.pass(1_200)
    expect(room.leading()).toEqual([]) // nobody loses patience before 1.5 s
    await room.pass(4_600)
    expect(room.leading()).toHaveLength(1)
    former.isCut = false
    await room.pass(3_000)
    const quick = { tickMs: 10, heartbeatTicks: 5, electionTicks: 15, snapshotRetryTicks: 200 }
    for (const { driver } of room.all) driver.retime(quick, false)
    room.leader().driver.worked()
    await room.pass(100)
    room.leader().isCut = true
    await room.pass(700)
    expect(room.leading()).toHaveLength(1)
  })

  test('ends when its disk fails, says why, and has sent nothing that depended on the write', async () => {
    const room = roomOf('a b c')
    await room.pass(600)
    const follower = room.all.find(one => one !== room.leader()) as One
    follower.disk = 'fails'
    const already = follower.sent.filter(kind => kind === 'append-ok').length
    const answer = room.leader().driver.propose(command('x'))
    await room.pass(100)
    expect((await answer).kind).toBe('done') // two of three have it
    expect(follower.ends).toMatchObject([{ code: 'storage-full' }])
    expect(follower.sent.filter(kind => kind === 'append-ok').length).toBe(already)
    expect(follower.driver.view.role).toBe('halted')
  })

  test('ends without a word when its disk belongs to a later life, and what waited for it is lost, not done', async () => {
    const room = roomOf('a b c')
    await room.pass(600)
    const leader = room.leader()
    leader.disk = 'fenced'
    const kinds = answersOf([leader.driver.propose(command('x')), leader.driver.propose(command('y'))])
    await room.pass(2)
    const said = leader.sent.length
    await room.pass(1_000)
    expect(kinds).toHaveLength(2)
    expect(kinds).not.toContain('done')
    expect(leader.ends).toEqual([undefined])
    expect(leader.sent.slice(said).filter(kind => kind !== 'append' && kind !== 'commit')).toEqual([])
    expect(room.all.filter(one => one !== leader && one.driver.view.role === 'leader')).toHaveLength(1)
    expect((await leader.driver.propose(command('z'))).kind).toBe('lost')
  })

  test('answers everything that waits when it is halted, and nothing happens after', async () => {
    const room = roomOf('a b c')
    await room.pass(600)
    const leader = room.leader()
    for (const one of room.all) if (one !== leader) one.isCut = true
    const kinds = answersOf([leader.driver.propose(command('x'))])
    const read = leader.driver.read()
    await room.pass(10)
    expect(kinds).toEqual([])
    leader.driver.halt()
    expect((await read).kind).toBe('refused')
    await room.pass(1_000)
    expect(kinds).toEqual(['lost'])
    expect(leader.ends).toEqual([undefined])
  })

  test('refuses at a leader that lost its quorum, within two election timeouts', async () => {
    const room = roomOf('a b c')
    await room.pass(600)
    const leader = room.leader()
    leader.isCut = true
    const read = leader.driver.read()
    await room.pass(300)
    expect(await read).toMatchObject({ kind: 'refused' })
    expect(leader.driver.view.role).not.toBe('leader')
  })

  test('needs no timeout where the leader is known to be gone: the next one leads after a round of votes', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const room = roomOf('a b c d e', seed)
      await room.pass(600)
      const gone = room.leader()
      gone.isCut = true
      const left = room.all.filter(one => one !== gone)
      for (const one of left) one.driver.leaderIsGone()
      left[0]?.driver.campaign()
      await room.pass(60) // a timeout alone is 150 to 300
      expect(room.leading().length, `seed ${seed}`).toBe(1)
    }
  })

  test('rests when nothing happens: a beat a second, nobody campaigns, and work wakes it at once', async () => {
    const room = roomOf('a b c')
    await room.pass(3_000)
    const leader = room.leader()
    const { term } = leader.driver.view
    leader.sent.length = 0
    await room.pass(60_000)
    const beats = leader.sent.filter(kind => kind === 'heartbeat').length
    expect(beats).toBeLessThanOrEqual(2 * 61)
    expect(beats).toBeGreaterThanOrEqual(2 * 50)
    expect(room.all.map(({ driver }) => driver.view.term)).toEqual([term, term, term])
    const startedAtMs = room.turns.clock.nowMs()
    let tookMs = Number.POSITIVE_INFINITY
    void leader.driver.propose(command('x')).then(() => {
      tookMs = room.turns.clock.nowMs() - startedAtMs
    })
    await room.pass(100)
    expect(tookMs).toBeLessThan(20)
    leader.isCut = true
    const follower = room.all.find(one => one !== leader) as One
    follower.driver.worked() // somebody asks here, and the resting leader does not answer
    await room.pass(1_000)
    expect(room.leading()).toHaveLength(1)
  })

  test('does not rest while somebody awaits a snapshot: one that is lost is sent again in time', async () => {
    const room = roomOf('a b c')
    await room.pass(600)
    const behind = room.all.find(one => one !== room.leader()) as One
    behind.isCut = true
    const { snapshotAfterEntries, trailingEntries } = DEFAULT_LIMITS
    const count = 2 * snapshotAfterEntries + trailingEntries
    for (let number = 0; number < count; number++) void room.leader().driver.propose(command(number))
    await room.pass(5_000)
    let lost = 0
    behind.loses = ({ kind }) => kind === 'snapshot' && lost++ === 0
    behind.isCut = false
    await room.pass(6_000)
    expect(lost).toBeGreaterThan(1)
    expect(behind.driver.view.commit).toBe(room.leader().driver.view.commit)
  })

  test('is doubted by one whom its leader does not answer: alone it elects nobody, and a majority elects another at once', async () => {
    const room = roomOf('a b c')
    await room.pass(3_000) // at rest, the timeout is twenty times as long
    const leader = room.leader()
    const [one, other] = room.all.filter(each => each !== leader) as [One, One]
    const { term } = leader.driver.view
    one.driver.doubtLeader(leader.driver.view.member)
    expect(one.driver.view.leader).toBeUndefined()
    await room.pass(10)
    expect(one.driver.view.leader).toBe(leader.driver.view.member) // it has said so, though it rests
    await room.pass(1_000)
    expect(room.all.map(({ driver }) => driver.view.term)).toEqual([term, term, term])
    expect(one.driver.view.leader).toBe(leader.driver.view.member)
    await room.pass(3_000)
    leader.isCut = true
    one.driver.doubtLeader(leader.driver.view.member)
    await room.pass(20)
    other.driver.doubtLeader(leader.driver.view.member)
    await room.pass(100) // a timeout alone is 150 to 300
    expect(room.leading().filter(each => each !== leader)).toHaveLength(1)
  })

  test('is not doubted by those who hear it, though it keeps all of them waiting', async () => {
    const room = roomOf('a b c d e')
    await room.pass(600)
    const leader = room.leader()
    const { term, member } = leader.driver.view
    for (let round = 0; round < 5; round++) {
      void leader.driver.propose(command(round))
      await room.pass(100)
      for (const one of room.all) one.driver.doubtLeader(member)
      expect(room.all.map(({ driver }) => driver.view.leader)).toEqual(room.all.map(() => member))
    }
    await room.pass(100)
    expect(room.all.map(({ driver }) => driver.view.term)).toEqual(room.all.map(() => term))
  })

  test('asks for votes again as soon as work waits, once the others doubt the leader too', async () => {
    const room = roomOf('a b c d e')
    await room.pass(3_000) // at rest, the timeout is twenty times as long
    const leader = room.leader()
    const [gone, one, two, three] = room.all.filter(each => each !== leader) as [One, One, One, One]
    leader.isCut = gone.isCut = true
    one.driver.doubtLeader(leader.driver.view.member)
    await room.pass(20)
    two.driver.doubtLeader(leader.driver.view.member)
    await room.pass(20)
    three.driver.leaderIsGone()
    expect(room.leading().filter(each => each !== leader)).toHaveLength(0)
    one.driver.seekVotes()
    await room.pass(30) // a timeout alone is 150 to 300
    expect(room.leading().filter(each => each !== leader)).toHaveLength(1)
    expect(one.driver.view.role).toBe('leader')
  })

  test('makes up for no more than one longest timeout after ten hours of sleep (R29)', async () => {
    const room = roomOf('a')
    await room.pass(600)
    const { term } = room.of('a').driver.view
    const { clock } = room.turns
    const real = clock.monotonicMs
    clock.monotonicMs = () => real() + 36_000_000
    room.of('a').driver.worked()
    await room.pass(1_000)
    expect(room.of('a').driver.view.term - term).toBeLessThanOrEqual(1)
    expect(room.of('a').driver.view.role).toBe('leader')
  })
})
