/** A rendezvous inside one process, with the promises of the signaling server: join order, signal order, "left" hints. */
import type { SessionId } from '../base/ids.ts'
import type { Rendezvous, RendezvousEvents, RendezvousMember } from './rendezvous.ts'

interface Entry {
  member: RendezvousMember
  readonly events: RendezvousEvents
}

export class MemoryRendezvousHub {
  readonly #rooms = new Map<string, Map<SessionId, Entry>>()
  /** While true, nothing is carried: as when the server is down. */
  isDown = false

  client(): Rendezvous {
    let room: Map<SessionId, Entry> | undefined
    let own: SessionId | undefined
    const others = () => [...(room ?? [])].filter(([session]) => session !== own).map(([, entry]) => entry)
    return {
      url: 'memory:',
      join: ({ hash }, member, events) => {
        const joined = this.#rooms.get(hash) ?? new Map<SessionId, Entry>()
        this.#rooms.set(hash, joined)
        room = joined
        own = member.session
        const present = others().map(entry => entry.member)
        for (const entry of others()) queueMicrotask(() => entry.events.onMember(member))
        joined.set(member.session, { member, events })
        queueMicrotask(() => {
          events.onState('connected')
          events.onWelcome(present, 0)
        })
      },
      setHello: hello => {
        const entry = own && room?.get(own)
        if (!entry) return
        entry.member = { ...entry.member, hello }
        for (const other of others()) queueMicrotask(() => other.events.onMember(entry.member))
      },
      signal: (to, data) => {
        const entry = this.isDown ? undefined : room?.get(to)
        if (entry && own) {
          const from = own
          queueMicrotask(() => entry.events.onSignal(from, data))
        }
        return entry !== undefined
      },
      knock: () => {},
      leave: () => {
        if (!own || !room) return
        const left = own
        room.delete(left)
        for (const entry of others()) queueMicrotask(() => entry.events.onLeft(left))
      },
    }
  }
}
