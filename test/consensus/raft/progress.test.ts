/** How a leader feeds each member: probe, replicate, snapshot, and what may be on its way (tracker/progress.ts). */
import { describe, expect, test } from 'vitest'
import { Lone, type LoneOptions, plain, type Said } from './support/lone.ts'

const lead = (options: LoneOptions = {}): Lone => new Lone({ ...plain, voters: ['a', 'b'], ...options }).lead()
const of = (lone: Lone) => lone.view.progress().find(({ member }) => member === 'b')
const only = <Kind extends Said['kind']>(said: Said[], kind: Kind) =>
  said.filter((one): one is Extract<Said, { kind: Kind }> => one.kind === kind)
const entries = (said: Said[]) => only(said, 'append').map(append => append.entries.map(({ index }) => index))
const ack = (lone: Lone, match: number) => lone.receive('b', { kind: 'append-ok', term: lone.view.term, match })
const beat = (lone: Lone): Said[] => {
  const [heartbeat] = only(lone.tick(5), 'heartbeat')
  return lone.receive('b', { kind: 'heartbeat-ok', term: lone.view.term, round: heartbeat?.round ?? 0 })
}

describe('probe', () => {
  test('it sends one append and waits, whatever is proposed', () => {
    const lone = lead()
    expect(of(lone)).toMatchObject({ state: 'probe', match: 0, next: 2 })
    expect(['1', '2', '3'].flatMap(payload => only(lone.propose(payload), 'append'))).toEqual([])
  })

  test('a heartbeat’s answer lets it ask again, once', () => {
    const lone = lead()
    expect(entries(beat(lone))).toEqual([[2]])
    expect(entries(lone.propose('x'))).toEqual([])
  })

  test('an acknowledgement opens the stream with all that is left', () => {
    const lone = lead()
    lone.propose('x')
    expect(entries(ack(lone, 2))).toEqual([[3]])
    expect(of(lone)).toMatchObject({ state: 'replicate', match: 2, next: 4, inflightMessages: 1 })
  })

  test('a refusal that answers another question than the last changes nothing', () => {
    const lone = lead({ log: [1, 1, 1] })
    const refusal = { kind: 'append-refused', term: 2, hintIndex: 1, hintTerm: 1 } as const
    expect(lone.receive('b', { ...refusal, prevIndex: 3 })).toEqual([])
    expect(of(lone)).toMatchObject({ next: 5 })
    expect(entries(lone.receive('b', { ...refusal, prevIndex: 4 }))).toEqual([[2, 3, 4, 5]])
    expect(lone.receive('b', { ...refusal, prevIndex: 4 })).toEqual([])
  })
})

describe('replicate', () => {
  function streaming(options: LoneOptions = {}): Lone {
    const lone = lead(options)
    ack(lone, 2)
    return lone
  }

  test('appends follow each other without waiting, up to the limit of messages', () => {
    const lone = streaming({ limits: { inflightMessagesMax: 3 } })
    const sent = ['1', '2', '3', '4', '5'].flatMap(payload => entries(lone.propose(payload)))
    expect(sent).toEqual([[3], [4], [5]])
    expect(of(lone)).toMatchObject({ next: 6, inflightMessages: 3 })
    // Each acknowledgement makes room, for as much as it acknowledges.
    expect(entries(ack(lone, 4))).toEqual([[6, 7]])
    expect(of(lone)?.inflightMessages).toBe(2)
  })

  test('and up to the limit of bytes', () => {
    const lone = streaming({ limits: { inflightBytesMax: 10 } })
    // Five bytes each, quotation marks included.
    const sent = ['xxx', 'yyy', 'zzz'].flatMap(payload => entries(lone.propose(payload)))
    expect(sent).toEqual([[3], [4]])
    expect(entries(ack(lone, 3))).toEqual([[5]])
  })

  test('a batch is bounded by entries and by bytes, but takes at least one', () => {
    for (const [limits, batches] of [
      [{ messageEntriesMax: 2 }, [[3, 4], [5]]],
      [{ messageBytesMax: 11 }, [[3, 4], [5]]],
      [{ messageBytesMax: 1 }, [[3], [4], [5]]],
    ] as const)
      expect(entries(streaming({ limits }).propose('xxx', 'yyy', 'zzz'))).toEqual(batches)
  })

  test('with nothing acknowledged, a heartbeat’s answer asks whether something was lost, even when no more may be sent', () => {
    const lone = streaming({ limits: { inflightMessagesMax: 1 } })
    lone.propose('x')
    const [question] = only(beat(lone), 'append')
    expect(question).toMatchObject({ prevIndex: 3, entries: [] })
    const refusal = { kind: 'append-refused', term: 2, prevIndex: 3, hintIndex: 2, hintTerm: 2 } as const
    expect(entries(lone.receive('b', refusal))).toEqual([[3]])
    expect(of(lone)).toMatchObject({ state: 'probe', next: 3 })
  })

  test('a heartbeat’s answer of one who has everything is not answered', () => {
    expect(beat(streaming())).toEqual([])
  })

  test('an old refusal changes nothing, an old acknowledgement neither', () => {
    const lone = streaming()
    lone.propose('x')
    ack(lone, 3)
    lone.receive('b', { kind: 'append-refused', term: 2, prevIndex: 3, hintIndex: 1, hintTerm: 1 })
    ack(lone, 2)
    expect(of(lone)).toMatchObject({ state: 'replicate', match: 3, next: 4 })
  })

  test('a broken link sends it back to probing from what is known', () => {
    const lone = streaming()
    lone.propose('x')
    lone.room.step('a', { kind: 'unreachable', member: lone.room.of('a').config.member })
    const [b] = lone.view.membership.voters.slice(1)
    if (b !== undefined) lone.room.step('a', { kind: 'unreachable', member: b })
    expect(of(lone)).toMatchObject({ state: 'probe', match: 2, next: 3, inflightMessages: 0 })
    expect(entries(beat(lone))).toEqual([[3]])
  })
})

describe('snapshot', () => {
  /** A leader whose log begins at 7, while b is known to have 2. */
  function compacted(options: LoneOptions = {}, firstIndex = 7): Lone {
    const limits = { snapshotAfterEntries: 5, trailingEntries: 0 }
    const lone = lead({ voters: ['a', 'b', 'c'], limits, ...options })
    ack(lone, 2)
    for (let payload = 3; payload <= 6; payload++) {
      lone.propose(String(payload))
      lone.receive('c', { kind: 'append-ok', term: 2, match: payload })
    }
    expect(lone.view).toMatchObject({ firstIndex, commit: 6, snapshot: { index: 6 } })
    return lone
  }
  const refuse = (lone: Lone, prevIndex: number) =>
    lone.receive('b', { kind: 'append-refused', term: 2, prevIndex, hintIndex: 2, hintTerm: 2 })
  function sending(): Lone {
    const lone = compacted()
    expect(only(refuse(lone, 6), 'snapshot')).toMatchObject([{ snapshot: { index: 6, term: 2 } }])
    expect(of(lone)).toMatchObject({ state: 'snapshot' })
    return lone
  }

  test('it is sent to whom the log no longer reaches, and nothing else with it', () => {
    const lone = sending()
    expect(entries(lone.propose('x')).filter(indices => indices.length > 0)).toHaveLength(1)
    expect(only(beat(lone), 'append')).toEqual([])
  })

  test('it is sent when compaction has overtaken a stream that stood still', () => {
    const lone = compacted({ limits: { snapshotAfterEntries: 5, trailingEntries: 0, inflightMessagesMax: 1 } })
    expect(of(lone)).toMatchObject({ state: 'replicate', next: 4 })
    const said = beat(lone)
    expect(only(said, 'append')).toEqual([])
    expect(only(said, 'snapshot')).toHaveLength(1)
  })

  test('its acknowledgement opens the stream', () => {
    const lone = sending()
    lone.propose('x')
    expect(entries(ack(lone, 6))).toEqual([[7]])
    expect(of(lone)).toMatchObject({ state: 'replicate', match: 6 })
  })

  test('it is not waited for any longer when the log reaches back to what its receiver has got otherwise', () => {
    const lone = compacted({ limits: { snapshotAfterEntries: 5, trailingEntries: 2 } }, 5)
    refuse(lone, 6)
    ack(lone, 3)
    expect(of(lone)).toMatchObject({ match: 3, state: 'snapshot' })
    expect(entries(ack(lone, 4))).toEqual([[5, 6]])
    expect(of(lone)).toMatchObject({ match: 4, state: 'replicate' })
  })

  test('when given up, by time or a broken link, it is found out whether it arrived', () => {
    for (const giveUp of [
      (lone: Lone) => {
        for (let tick = 0; tick < 200; tick++) lone.tick()
      },
      (lone: Lone) => {
        const [, b] = lone.view.membership.voters
        if (b !== undefined) lone.room.step('a', { kind: 'unreachable', member: b })
      },
    ]) {
      const lone = sending()
      giveUp(lone)
      expect(of(lone)).toMatchObject({ state: 'probe', next: 7 })
      lone.propose('x')
      expect(only(refuse(lone, 6), 'snapshot')).toHaveLength(1)
    }
  })

  test('none is sent to who was not heard of for an election timeout, until it is heard of', () => {
    const lone = compacted({ checkQuorum: true })
    const [, b] = lone.view.membership.voters
    if (b === undefined) return expect.unreachable()
    lone.room.step('a', { kind: 'unreachable', member: b })
    for (let tick = 0; tick < 30; tick++) {
      for (const beat of only(lone.tick(), 'heartbeat').slice(1))
        lone.receive('c', { kind: 'heartbeat-ok', term: 2, round: beat.round })
    }
    expect(of(lone)).toMatchObject({ isActive: false })
    expect(only(lone.propose('x'), 'snapshot')).toEqual([])
    expect(only(beat(lone), 'snapshot')).toHaveLength(1)
  })
})
