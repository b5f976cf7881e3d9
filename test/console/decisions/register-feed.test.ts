import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { MeshError } from '../../../src/base/errors.ts'
import type { Decided, DecidedChange, Decisions } from '../../../src/consensus/decisions/types.ts'
import { watchedRowsMax } from '../../../src/console/decisions/limits.ts'
import { RegisterFeed } from '../../../src/console/decisions/register-feed.ts'

type Listener = (change: DecidedChange) => void

/** A register whose lists are answered when the test says so. */
class Source {
  readonly listeners = new Set<Listener>()
  readonly asked: { readonly answer: (list: readonly Decided[]) => void; readonly fail: (error: Error) => void }[] = []
  readonly decisions = {
    watch: (listener: Listener) => {
      this.listeners.add(listener)
      return () => this.listeners.delete(listener)
    },
    list: () => new Promise((answer, fail) => this.asked.push({ answer, fail })),
  } as unknown as Decisions

  change(key: string, value: string | undefined, version: number): void {
    for (const listener of this.listeners) listener({ key, value, version })
  }
}

const host = {
  addController: () => {},
  removeController: () => {},
  requestUpdate: vi.fn(),
  updateComplete: Promise.resolve(true),
}
let frames: (() => void)[] = []

beforeEach(() => {
  frames = []
  host.requestUpdate.mockClear()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] })
  vi.stubGlobal('document', { hidden: false, addEventListener: () => {}, removeEventListener: () => {} })
  vi.stubGlobal('requestAnimationFrame', (draw: () => void) => frames.push(draw))
  vi.stubGlobal('cancelAnimationFrame', () => {})
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

function following(source: Source): RegisterFeed {
  const feed = new RegisterFeed(host)
  feed.hostConnected()
  feed.follow(source.decisions)
  return feed
}
const keysOf = (feed: RegisterFeed) => feed.book.list().rows.map(({ key }) => key)

describe('a register that is followed', () => {
  test('is watched before it is read, so that nothing falls between', async () => {
    const source = new Source()
    const feed = following(source)
    source.change('b', 'new', 7)
    source.asked[0]?.answer([{ key: 'a', value: 'x', version: 1 }])
    await vi.waitFor(() => expect(feed.state).toBe('current'))
    expect(keysOf(feed)).toEqual(['a', 'b'])
  })

  test('keeps what it shows when a later reading fails, and says why', async () => {
    const source = new Source()
    const feed = following(source)
    source.asked[0]?.answer([{ key: 'a', value: 'x', version: 1 }])
    await vi.waitFor(() => expect(feed.state).toBe('current'))
    void feed.read()
    source.asked[1]?.fail(new MeshError('no-quorum', 'too few'))
    await vi.waitFor(() => expect(feed.state).toBe('failed'))
    expect(feed.failure?.code).toBe('no-quorum')
    expect(keysOf(feed)).toEqual(['a'])
  })

  test('takes the answer of the latest reading only', async () => {
    const source = new Source()
    const feed = following(source)
    void feed.read()
    source.asked[1]?.answer([{ key: 'second', value: 'x', version: 2 }])
    await vi.waitFor(() => expect(feed.state).toBe('current'))
    source.asked[0]?.answer([{ key: 'first', value: 'x', version: 1 }])
    await Promise.resolve()
    expect(keysOf(feed)).toEqual(['second'])
  })

  test('forgets all when another mesh is followed, and hears the old one no more', () => {
    const [one, two] = [new Source(), new Source()]
    const feed = following(one)
    one.change('a', 'x', 1)
    feed.follow(two.decisions)
    expect(one.listeners.size).toBe(0)
    expect(keysOf(feed)).toEqual([])
    expect(feed.changes).toEqual([])
  })

  test('is let go with its element, and taken up again with it', () => {
    const source = new Source()
    const feed = following(source)
    feed.hostDisconnected()
    expect(source.listeners.size).toBe(0)
    feed.hostConnected()
    expect(source.listeners.size).toBe(1)
  })

  test('lists the latest changes, newest first, and counts them all', () => {
    const source = new Source()
    const feed = following(source)
    for (let version = 1; version <= watchedRowsMax + 5; version++) source.change('a', String(version), version)
    expect(feed.changes).toHaveLength(watchedRowsMax)
    expect(feed.changes[0]?.value).toBe(String(watchedRowsMax + 5))
    expect(feed.changesSeen).toBe(watchedRowsMax + 5)
  })
})

test('5,000 changes/s ask for at most eleven renderings in a second', () => {
  const source = new Source()
  following(source)
  for (let ms = 0; ms < 1_000; ms++) {
    for (let index = 0; index < 5; index++) source.change(`k${index}`, String(ms), ms * 5 + index + 1)
    vi.advanceTimersByTime(1)
    for (const draw of frames.splice(0)) draw()
  }
  expect(host.requestUpdate.mock.calls.length).toBeGreaterThan(8)
  expect(host.requestUpdate.mock.calls.length).toBeLessThanOrEqual(11)
})
