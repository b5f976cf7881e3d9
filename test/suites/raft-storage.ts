/**
 * What every store of members must keep, whatever it is made of (src/consensus/storage/store.ts, P1-P3). The heart of it: a life of
 * writes is cut off after each of the store's own writes in turn, as by a crash, and what is found then must hold everything that
 * was acknowledged, nothing by halves, and be accepted by the core.
 */
import { describe, expect, test } from 'vitest'
import { raftConfig } from '../../src/consensus/raft/config.ts'
import { createRaft, genesisState, joinerState } from '../../src/consensus/raft/index.ts'
import type { Entry, MemberId, Snapshot } from '../../src/consensus/raft/messages.ts'
import type { RestoredState } from '../../src/consensus/raft/state.ts'
import type { Batch, MemberStore, MemberStores, OpenedStore } from '../../src/consensus/storage/store.ts'

/** One machine with a disk: processes on it come and go, the disk stays. */
export interface StorageWorld {
  /** The stores as a new process on this machine finds them. Of two processes the first one is not told that it is over. */
  boot(): Promise<MemberStores>
  /** From now on `count` of the store's own writes land; then the machine is off: no write lands, none is reported. */
  crashAfter(count: number): void
  /** What was not durable is gone. */
  powerOn(): void
  /** Writes that landed since `crashAfter`. */
  readonly writes: number
  /** Spoils what is stored of this member. */
  spoil(member: MemberId): Promise<void>
  /** No room is left on this machine, or there is again. */
  setFull?(isFull: boolean): void
  /** Closes everything. */
  end?(): Promise<void>
}

export const ada = 'ada' as MemberId
const generation = 'g1'
const key = Uint8Array.of(1, 2, 3)
export const genesis = genesisState({ member: ada, generation, voters: [ada], data: { keys: [] } })

export interface SuiteOptions {
  /** The world has a `setFull`. */
  readonly canBeFull?: boolean
  /** Writes of the long life; default 1,000. */
  readonly longLifeBatches?: number
  /** While a life has a member open no other can open it: it is told `busy`. Else the later one fences the earlier off. */
  readonly isExclusive?: boolean
}

export function describeStorage(
  name: string,
  newWorld: () => Promise<StorageWorld>,
  { canBeFull = false, longLifeBatches = 1_000, isExclusive = false }: SuiteOptions = {},
): void {
  async function inWorld<T>(use: (world: StorageWorld) => Promise<T>): Promise<T> {
    const world = await newWorld()
    try {
      return await use(world)
    } finally {
      await world.end?.()
    }
  }
  const testIn = (title: string, use: (world: StorageWorld) => Promise<void>) => test(title, () => inWorld(use))

  describe(`${name}: a store of members`, () => {
    testIn('gives back the first state, its key, and a fresh epoch each time', async world => {
      const stores = await world.boot()
      await stores.create(genesis, key)
      for (const epoch of [1, 2, 3]) {
        const opened = await openAda(stores)
        expect(opened.restored).toEqual(genesis)
        expect([...opened.key]).toEqual([...key])
        expect(opened.store.epoch).toBe(epoch)
        opened.store.close()
      }
    })

    testIn('lists what it has, without what was removed or set aside', async world => {
      const stores = await world.boot()
      const [bob, cyd] = ['bob', 'cyd'] as MemberId[] as [MemberId, MemberId]
      expect(await stores.list()).toEqual([])
      await stores.create(genesis, key)
      for (const member of [bob, cyd]) await stores.create(joinerState({ member, generation: 'g2' }), key)
      await stores.remove(bob)
      await stores.setAside(cyd)
      expect(await stores.list()).toEqual([{ member: ada, generation }])
      expect(await stores.open(bob)).toBe('missing')
      const reopened = await stores.open(cyd) // a person may still look at it
      expect(typeof reopened === 'string' ? reopened : reopened.restored.generation).toBe('g2')
    })

    testIn('keeps what a joiner starts from', async world => {
      const stores = await world.boot()
      const joiner = joinerState({ member: ada, generation })
      await stores.create(joiner, key)
      expect((await openAda(stores)).restored).toEqual(joiner)
    })

    testIn('says that a member is missing where it never was', async world => {
      expect(await (await world.boot()).open(ada)).toBe('missing')
    })

    testIn('says that a member is missing, and forgets it, where its records are spoiled', async world => {
      const stores = await world.boot()
      await stores.create(genesis, key)
      const { store } = await openAda(stores)
      await expectDurable(store, scripted()[0] as Batch)
      store.close()
      await world.spoil(ada)
      const again = await world.boot()
      expect(await again.open(ada)).toBe('missing')
      expect(await again.list()).toEqual([])
    })

    test.skipIf(isExclusive)('fences off the earlier life once a later one has opened it', () =>
      inWorld(async world => {
        const old = await world.boot()
        await old.create(genesis, key)
        const first = await openAda(old)
        const [one, two, three] = scripted() as [Batch, Batch, Batch]
        await expectDurable(first.store, one)
        const second = await openAda(await world.boot())
        expect(second.restored.entries).toEqual(one.entries)
        expect(await first.store.write(three)).toBe('fenced')
        await expectDurable(second.store, two)
        expect(await first.store.write(three)).toBe('fenced')
        first.store.close()
        second.store.close()
        const third = await openAda(await world.boot())
        expect(third.restored).toEqual(stateAfter([one, two]))
      }),
    )

    test.runIf(isExclusive)(
      'is had by one life at a time: the next one is told that it is busy, until it is let go',
      () =>
        inWorld(async world => {
          const old = await world.boot()
          await old.create(genesis, key)
          const first = await openAda(old)
          const [one, two, three] = scripted() as [Batch, Batch, Batch]
          await expectDurable(first.store, one)
          const next = await world.boot()
          expect(await next.open(ada)).toBe('busy')
          await expectDurable(first.store, two) // it was not fenced by somebody who could not take over
          first.store.close()
          const second = await openAda(next)
          expect(second.store.epoch).toBe(first.store.epoch + 1)
          expect(second.restored).toEqual(stateAfter([one, two]))
          await expect(first.store.write(three)).rejects.toMatchObject({ code: 'storage-lost' })
          await expectDurable(second.store, three)
          second.store.close()
        }),
    )

    testIn('gives back the same after each batch, in the same life and in the next', async world => {
      const stores = await world.boot()
      await stores.create(genesis, key)
      const batches = scripted()
      let { store } = await openAda(stores)
      for (const [place, batch] of batches.entries()) {
        await expectDurable(store, batch)
        store.close()
        const opened = await openAda(place % 2 === 0 ? stores : await world.boot())
        expect(opened.restored, `after batch ${place}`).toEqual(stateAfter(batches.slice(0, place + 1)))
        store = opened.store
      }
      store.close()
    })

    testIn('keeps a long life of batches apart from what compaction made void', async world => {
      const stores = await world.boot()
      await stores.create(genesis, key)
      const { store } = await openAda(stores)
      const batches = longLife(longLifeBatches)
      for (const batch of batches) await expectDurable(store, batch)
      store.close()
      expect((await openAda(await world.boot())).restored).toEqual(stateAfter(batches))
    })

    test('recovers from a crash between any two of its writes: all that was acknowledged, nothing by halves', async () => {
      const length = await inWorld(async world => {
        world.crashAfter(Number.POSITIVE_INFINITY)
        await live(world)
        return world.writes
      })
      expect(length).toBeGreaterThan(scripted().length)
      for (let writes = 0; writes <= length; writes++) await inWorld(world => crashAt(world, writes))
    }, 120_000)

    test.runIf(canBeFull)('tells a full disk clearly, and has lost nothing of what it acknowledged', () =>
      inWorld(async world => {
        if (!world.setFull) throw new Error('this world cannot be filled')
        const stores = await world.boot()
        await stores.create(genesis, key)
        const { store } = await openAda(stores)
        const [one, two] = scripted() as [Batch, Batch]
        await expectDurable(store, one)
        world.setFull(true)
        await expect(store.write(two)).rejects.toMatchObject({ code: 'storage-full' })
        world.setFull(false)
        store.close()
        const again = await openAda(await world.boot())
        expect(again.restored).toEqual(stateAfter([one]))
        await expectDurable(again.store, two)
      }),
    )
  })
}

/** Creates the member and lets it live; says what was acknowledged, as far as it came. */
async function live(world: StorageWorld): Promise<{ created: boolean; epoch: number; durable: number }> {
  const told = { created: false, epoch: 0, durable: 0 }
  const life = async () => {
    const stores = await world.boot()
    await stores.create(genesis, key)
    told.created = true
    const { store } = await openAda(stores)
    told.epoch = store.epoch
    for (const batch of scripted()) {
      await expectDurable(store, batch)
      told.durable++
    }
    store.close()
  }
  // A process that is off neither ends nor fails: it is over as soon as nothing more happens.
  await Promise.race([life().catch(() => {}), quiet(world)])
  return { ...told }
}

/** Resolves when the machine has been off for a moment. */
async function quiet(world: StorageWorld): Promise<void> {
  for (let seen = -1; ; ) {
    await new Promise(resolve => setTimeout(resolve, 5))
    if (world.writes === seen && isOff.has(world)) return
    seen = world.writes
  }
}
const isOff = new WeakSet<StorageWorld>()
/** The world says so itself when a write met the end. */
export function wentOff(world: StorageWorld): void {
  isOff.add(world)
}

async function crashAt(world: StorageWorld, writes: number): Promise<void> {
  world.crashAfter(writes)
  const told = await live(world)
  isOff.delete(world)
  world.powerOn()
  const stores = await world.boot()
  const opened = await stores.open(ada)
  const at = `after ${writes} writes`
  if (opened === 'busy') throw new Error(`busy ${at}`)
  if (opened === 'missing') {
    expect(told.created, at).toBe(false)
    return
  }
  expect(opened.store.epoch, at).toBeGreaterThan(told.epoch)
  const batches = scripted()
  const allowed = [told.durable, told.durable + 1].map(count => stateAfter(batches.slice(0, count)))
  expect(allowed, at).toContainEqual(opened.restored)
  const random = { next: () => 0.5 }
  const config = raftConfig('lab', { member: ada, generation, epoch: opened.store.epoch, random })
  const { view } = createRaft(config, opened.restored)
  expect(view.term, at).toBe(opened.restored.hard.term)
  // And it goes on from there.
  const next = batches[batches.findIndex((_, place) => same(stateAfter(batches.slice(0, place)), opened.restored))]
  if (next) await expectDurable(opened.store, next)
  opened.store.close()
}

async function openAda(stores: MemberStores): Promise<OpenedStore> {
  const opened = await stores.open(ada)
  if (typeof opened === 'string') throw new Error(`the member is ${opened}`)
  return opened
}

async function expectDurable(store: MemberStore, batch: Batch): Promise<void> {
  expect(await store.write(batch)).toBe('durable')
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

function command(index: number, term: number, payload: unknown = `c${index}/${term}`): Entry {
  return { kind: 'command', index, term, timeMs: 0, bytes: 5, session: '', sequence: 0, payload }
}

const membership = { voters: [ada], outgoing: [], learners: [], learnersNext: [], autoLeave: false }

function snapshotAt(index: number, term: number, data: unknown): Snapshot {
  return { index, term, timeMs: 0, membership, data }
}

const hard = (term: number, commit: number, votedFor?: string): Batch['hard'] => ({
  term,
  votedFor: votedFor as MemberId | undefined,
  commit,
})

/** A life with everything in it: votes, appends, a conflict that cuts, snapshots of its own with trailing entries, one from a leader. */
function scripted(): Batch[] {
  const none = { snapshot: undefined, keepFrom: 2 }
  return [
    { ...none, hard: hard(2, 1, 'ada'), keepTo: 1, entries: [command(2, 2), command(3, 2)] },
    { ...none, hard: hard(2, 2, 'ada'), keepTo: 3, entries: [command(4, 2), command(5, 2), command(6, 2)] },
    { ...none, hard: hard(3, 2, 'bob'), keepTo: 6, entries: [] },
    { ...none, hard: hard(3, 3), keepTo: 4, entries: [command(5, 3, { text: 'ünï ✓ "quoted"\n' })] },
    { ...none, hard: hard(3, 5), snapshot: snapshotAt(4, 2, { keys: ['k'] }), keepFrom: 3, keepTo: 5, entries: [] },
    { ...none, hard: hard(3, 5), keepFrom: 3, keepTo: 5, entries: [command(6, 3), command(7, 3)] },
    {
      ...none,
      hard: hard(4, 9),
      snapshot: snapshotAt(9, 4, { keys: ['l', 'm'] }),
      keepFrom: 10,
      keepTo: 9,
      entries: [],
    },
    { ...none, hard: hard(4, 10), keepFrom: 10, keepTo: 9, entries: [command(10, 4), command(11, 4)] },
    {
      ...none,
      hard: hard(4, 11),
      snapshot: snapshotAt(11, 4, null),
      keepFrom: 12,
      keepTo: 11,
      entries: [command(12, 4)],
    },
    { ...none, hard: hard(4, 12), keepFrom: 12, keepTo: 12, entries: [] },
  ]
}

/** Entries come one or two at a time; now and then the log is cut, and a snapshot makes most of it void. */
function longLife(batches: number): Batch[] {
  const life: Batch[] = []
  let [from, last, term] = [2, 1, 1]
  for (let number = 1; number <= batches; number++) {
    let keepTo = last
    if (number % 97 === 0 && last - from > 4) {
      keepTo = last - 2
      term++
    }
    const count = 1 + (number % 2)
    const entries = Array.from({ length: count }, (_, at) => command(keepTo + 1 + at, term))
    const isCut = number % 150 === 0
    const snapshot = isCut ? snapshotAt(keepTo - 3, term, { upTo: keepTo - 3 }) : undefined
    if (snapshot) from = snapshot.index - 4
    life.push({ hard: hard(term, Math.max(1, keepTo - 3)), snapshot, keepFrom: from, keepTo, entries })
    last = keepTo + count
  }
  return life
}

/** What a disk holds after these batches, by the words of the contract (src/consensus/raft/state.ts, `persist`). */
function stateAfter(batches: readonly Batch[]): RestoredState {
  let state = genesis
  for (const { hard, snapshot = state.snapshot, keepFrom, keepTo, entries } of batches) {
    const kept = state.entries.filter(({ index }) => index >= keepFrom && index <= keepTo)
    state = { ...state, hard, snapshot, entries: [...kept, ...entries], applied: snapshot.index }
  }
  return state
}
