/** Who is shown, when words come late, early, or from a session that is over. */
import { beforeEach, expect, test } from 'vitest'
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { Emitter } from '../../src/base/emitter.ts'
import type { PeerId, SessionId } from '../../src/base/ids.ts'
import { presenceAbsentMax, presenceRenewMs } from '../../src/crdt/limits.ts'
import { openPagePresence } from '../../src/crdt/page/presence.ts'
import { Presence } from '../../src/crdt/presence.ts'
import type { Incoming, Mesh, MeshEvents } from '../../src/mesh/types.ts'
import { HandClock } from './memory/support.ts'

const ada = 'ada' as PeerId
const startMs = 1_700_000_000_000
const sessionAt = (ms: number) => `${ms.toString(36)}-random` as SessionId

/** A mesh in which a test says who comes, goes and speaks. */
class Stage {
  readonly events = new Emitter<MeshEvents>(error => {
    throw error
  })
  readonly counted: string[] = []
  readonly told: Uint8Array[] = []
  readonly sent: [PeerId, Uint8Array][] = []
  readonly clock = new HandClock(startMs)
  peers: { id: PeerId; session: SessionId }[] = []
  say: (payload: Uint8Array, incoming: Incoming) => void = () => {}
  /** A page, as the engine keeps it informed. */
  readonly page = openPagePresence(() => {})
  readonly presence: Presence

  constructor(peers: Stage['peers'] = []) {
    this.peers = peers
    const mesh = {
      on: this.events.on.bind(this.events),
      subscribe: (_: string, listener: Stage['say']) => {
        this.say = listener
        return () => {}
      },
      send: async (to: PeerId, _: string, payload: Uint8Array) => void this.sent.push([to, payload]),
      broadcast: async (_: string, payload: Uint8Array) => void this.told.push(payload),
    }
    Object.defineProperty(mesh, 'peers', { get: () => this.peers })
    this.presence = new Presence({
      mesh: mesh as unknown as Mesh,
      clock: this.clock,
      onUpdate: update => this.page.receive(update),
      onGone: clients => this.page.gone(clients),
      count: counter => this.counted.push(counter),
    })
  }

  join(id: PeerId, session: SessionId): void {
    this.peers.push({ id, session })
    this.events.emit('agent-join', { id, session } as MeshEvents['agent-join'])
  }

  leave(id: PeerId): void {
    const peer = this.peers.find(one => one.id === id) as MeshEvents['agent-leave']['peer']
    this.peers = this.peers.filter(one => one.id !== id)
    this.events.emit('agent-leave', { peer, reason: 'crashed' })
  }

  hear(from: PeerId, payload: Uint8Array, timestamp: number): void {
    this.say(payload, { from, timestamp, topic: 'shared.presence', correlationId: '1' })
  }

  get names(): string[] {
    return [...this.page.awareness.getStates().values()].flatMap(({ name }) => (name ? [String(name)] : []))
  }
}

/** What a page shows of itself, with the life of a page of its own. */
function showing(name: string): Uint8Array {
  const awareness = new Awareness(new Y.Doc())
  awareness.setLocalState({ name })
  const update = encodeAwarenessUpdate(awareness, [awareness.clientID])
  awareness.destroy()
  return update
}

let stage: Stage
beforeEach(() => {
  stage = new Stage()
})

test('a reloaded tab is shown once, though gossip brings words of its former session late', () => {
  stage.join(ada, sessionAt(startMs))
  stage.hear(ada, showing('Ada'), startMs + 10)
  expect(stage.names).toEqual(['Ada'])
  stage.leave(ada)
  expect(stage.names).toEqual([])
  stage.join(ada, sessionAt(startMs + 1_000))
  stage.hear(ada, showing('Ada again'), startMs + 1_010)
  stage.hear(ada, showing('Ada, never heard before'), startMs + 900)
  expect(stage.names).toEqual(['Ada again'])
  expect(stage.counted).toEqual(['shared.presence-late'])
})

test('words of a new session that come before it is known to have replaced the former one are kept', () => {
  stage.join(ada, sessionAt(startMs))
  stage.hear(ada, showing('Ada'), startMs + 10)
  stage.hear(ada, showing('Ada again'), startMs + 1_010)
  stage.leave(ada)
  stage.join(ada, sessionAt(startMs + 1_000))
  expect(stage.names).toEqual(['Ada again'])
})

test('whoever opens later asks those who are here, and is answered', () => {
  const question = new Stage([{ id: ada, session: sessionAt(startMs) }]).sent
  expect(question).toEqual([[ada, Uint8Array.of(0)]])
  const update = showing('here')
  stage.join(ada, sessionAt(startMs))
  stage.hear(ada, Uint8Array.of(0), startMs + 10)
  expect(stage.sent).toEqual([])
  stage.presence.show(update)
  stage.sent.length = 0
  stage.hear(ada, Uint8Array.of(0), startMs + 10)
  expect(stage.sent).toEqual([[ada, update]])
})

test('what is shown first is sent to each of the others, for a broadcast may be lost; what follows is not', () => {
  stage.join(ada, sessionAt(startMs))
  const update = showing('here')
  stage.presence.show(update)
  expect(stage.sent).toEqual([[ada, update]])
  stage.presence.show(showing('there'))
  expect(stage.sent).toHaveLength(1)
})

test('one that was suspected while something new was shown is sent it when it answers again', () => {
  const change = (state: 'suspect' | 'alive') =>
    stage.events.emit('agent-change', { id: ada, session: sessionAt(startMs), state } as MeshEvents['agent-change'])
  stage.join(ada, sessionAt(startMs))
  stage.presence.show(showing('here'))
  stage.sent.length = 0
  change('suspect')
  change('alive')
  expect(stage.sent).toEqual([])
  const update = showing('there')
  change('suspect')
  stage.presence.show(update)
  change('suspect')
  change('alive')
  change('alive')
  expect(stage.sent).toEqual([[ada, update]])
})

test('what is shown is told again, for those who missed it', () => {
  const { length } = stage.told
  stage.presence.show(showing('here'))
  expect(stage.told.length).toBe(length + 1)
  stage.clock.advance(presenceRenewMs)
  expect(stage.told.length).toBe(length + 2)
})

test('words that come before their peer is known are shown once it is', () => {
  stage.hear(ada, showing('Ada'), startMs + 10)
  expect(stage.names).toEqual([])
  stage.join(ada, sessionAt(startMs))
  expect(stage.names).toEqual(['Ada'])
  expect([...stage.presence.all()]).toHaveLength(1)
})

test('words of somebody who is gone for good are shown to nobody', () => {
  stage.join(ada, sessionAt(startMs))
  stage.leave(ada)
  stage.hear(ada, showing('Ada'), startMs + 10)
  expect(stage.names).toEqual([])
  expect([...stage.presence.all()]).toEqual([])
})

test('whoever a split hid is shown again as it was, in the same session only', () => {
  stage.join(ada, sessionAt(startMs))
  stage.hear(ada, showing('Ada'), startMs + 10)
  stage.leave(ada)
  stage.join(ada, sessionAt(startMs))
  expect(stage.names).toEqual(['Ada'])
  stage.leave(ada)
  stage.join(ada, sessionAt(startMs + 5_000))
  expect(stage.names).toEqual([])
})

test('no more absent peers are remembered than may be', () => {
  for (let at = 0; at <= presenceAbsentMax; at++) stage.hear(`p${at}` as PeerId, showing(`P${at}`), startMs)
  for (const at of [0, 1, presenceAbsentMax]) stage.join(`p${at}` as PeerId, sessionAt(startMs))
  expect(stage.names).toEqual(['P1', `P${presenceAbsentMax}`])
})
