import { describe, expect, test } from 'vitest'
import { Emitter } from '../../src/base/emitter.ts'
import { MeshError } from '../../src/base/errors.ts'
import type { JoinOptions } from '../../src/console/session.ts'
import { Session } from '../../src/console/session.ts'
import type { HandleEvents, MeshHandle } from '../../src/engine/handle.ts'
import type { MeshSnapshot } from '../../src/engine/snapshot.ts'

const snapshot = (phase: MeshSnapshot['phase'], name: string) =>
  ({ phase, room: { name, isPrivate: true } }) as MeshSnapshot

/** Joins that the test settles, one per call. */
function joins() {
  const calls: {
    options: JoinOptions
    succeed: () => void
    fail: (error: unknown) => void
    emitter: Emitter<HandleEvents>
    left: string[]
  }[] = []
  const joinMesh = (options: JoinOptions) =>
    new Promise<MeshHandle>((resolve, reject) => {
      const emitter = new Emitter<HandleEvents>()
      const left: string[] = []
      const handle = {
        snapshot: snapshot('joined', options.room),
        on: emitter.on.bind(emitter),
        leave: async ({ reason = '' } = {}) => void left.push(reason),
      } as unknown as MeshHandle
      calls.push({ options, succeed: () => resolve(handle), fail: reject, emitter, left })
    })
  return { calls, session: new Session(joinMesh) }
}

/** The promise jobs that are already waiting have run. */
const settled = () => new Promise<void>(resolve => setImmediate(resolve))

describe('a session', () => {
  test('joins at once, shows the way in, then follows the handle', async () => {
    const { calls, session } = joins()
    let told = 0
    session.onChange(() => told++)
    const ready = session.join({ room: 'lab', secret: 'k', name: 'Ada' })
    expect(calls[0]?.options).toMatchObject({ room: 'lab', secret: 'k', name: 'Ada' })
    expect(session.ready).toBe(ready)
    calls[0]?.options.onSnapshot?.(snapshot('joining', 'lab'))
    expect(session.snapshot?.phase).toBe('joining')
    calls[0]?.succeed()
    expect(session.handle).toBeUndefined()
    expect(await ready).toBe(session.handle)
    expect(session.snapshot?.phase).toBe('joined')
    const before = told
    calls[0]?.emitter.emit('snapshot', snapshot('alone', 'lab'))
    expect(session.snapshot?.phase).toBe('alone')
    expect(told).toBe(before + 1)
  })

  test('keeps why it could not join, and is clear of it when it tries again', async () => {
    const { calls, session } = joins()
    const ready = session.join({ room: 'lab' })
    calls[0]?.fail(new MeshError('wrong-secret', 'another key'))
    await expect(ready).rejects.toMatchObject({ code: 'wrong-secret' })
    await settled()
    expect(session.failure).toEqual({ code: 'wrong-secret', message: 'another key' })
    void session.join({ room: 'lab', separate: true })
    expect(session.failure).toBeUndefined()
    expect(calls).toHaveLength(2)
  })

  test('leaves the room it is in for the next, and hears no more of it', async () => {
    const { calls, session } = joins()
    const first = session.join({ room: 'one' })
    calls[0]?.succeed()
    await first
    const second = session.join({ room: 'two' })
    expect(session.handle).toBeUndefined()
    expect(session.snapshot).toBeUndefined()
    await settled()
    expect(calls[0]?.left).toEqual(['another room'])
    calls[0]?.emitter.emit('snapshot', snapshot('left', 'one'))
    expect(session.snapshot).toBeUndefined()
    calls[1]?.succeed()
    await second
    expect(session.snapshot?.room.name).toBe('two')
  })

  test('leaves a room that it was still joining as soon as it is in, and shows only the next', async () => {
    const { calls, session } = joins()
    void session.join({ room: 'one' })
    const second = session.join({ room: 'two' })
    calls[1]?.succeed()
    await second
    calls[0]?.options.onSnapshot?.(snapshot('joining', 'one'))
    calls[0]?.succeed()
    await settled()
    expect(calls[0]?.left).toEqual(['another room'])
    expect(session.snapshot?.room.name).toBe('two')
  })

  test('does not show the failure of a room that nobody waits for', async () => {
    const { calls, session } = joins()
    session.join({ room: 'one' }).catch(() => {})
    void session.join({ room: 'two' })
    calls[0]?.fail(new MeshError('timeout', 'too late'))
    await settled()
    expect(session.failure).toBeUndefined()
  })
})
