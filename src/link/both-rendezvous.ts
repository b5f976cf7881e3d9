/**
 * The signaling server and the tabs of the same browser as one rendezvous. Who is listed by both is told of once; a server that
 * is down matters only once it is known that no sibling is there either.
 */
import type { MeshError } from '../base/errors.ts'
import type { SessionId } from '../base/ids.ts'
import type { Rendezvous, RendezvousEvents, RendezvousMember } from './rendezvous.ts'

type Room = Parameters<Rendezvous['join']>[0]
type Source = 'server' | 'siblings'

export class BothRendezvous implements Rendezvous {
  readonly #server: Rendezvous
  readonly #siblings: Rendezvous
  readonly #listed: Readonly<Record<Source, Map<SessionId, string>>> = { server: new Map(), siblings: new Map() }
  #haveSiblingsAnswered = false
  /** A failure of the server that waits for the siblings' answer. */
  #held: (() => void) | undefined

  constructor(server: Rendezvous, siblings: Rendezvous) {
    this.#server = server
    this.#siblings = siblings
  }

  get url(): string {
    return this.#server.url
  }

  prepare(): void {
    this.#server.prepare?.()
  }

  join(room: Room, member: RendezvousMember, events: RendezvousEvents): void {
    this.#siblings.join(room, member, this.#siblingEvents(events))
    this.#server.join(room, member, this.#serverEvents(events))
  }

  setHello(hello: string): void {
    this.#siblings.setHello(hello)
    this.#server.setHello(hello)
  }

  isNear(session: SessionId): boolean {
    return this.#siblings.isNear?.(session) ?? false
  }

  signal(to: SessionId, data: string): boolean {
    return this.#siblings.signal(to, data) || this.#server.signal(to, data)
  }

  knock(data: string): void {
    this.#server.knock(data)
  }

  probe(): void {
    this.#server.probe?.()
  }

  leave(): void {
    this.#siblings.leave()
    this.#server.leave()
  }

  #serverEvents(events: RendezvousEvents): RendezvousEvents {
    return {
      ...events,
      onWelcome: (members, sameTag) => {
        this.#list('server', members)
        events.onWelcome(this.#union(), sameTag)
      },
      onMember: member => this.#member('server', member, events),
      onLeft: session => {
        this.#listed.server.delete(session)
        // Only a hint; of a sibling its page and its lock tell more surely, and nobody need be asked.
        if (!this.isNear(session)) events.onLeft(session)
      },
      onState: (state, error) => this.#serverState(state, error, events),
    }
  }

  #siblingEvents(events: RendezvousEvents): RendezvousEvents {
    return {
      ...events,
      onWelcome: members => {
        this.#list('siblings', members)
        if (members.length > 0) events.onWelcome(this.#union(), 0)
        this.#haveSiblingsAnswered = true
        this.#held?.()
        this.#held = undefined
      },
      onMember: member => this.#member('siblings', member, events),
      onLeft: session => {
        for (const listed of Object.values(this.#listed)) listed.delete(session)
        events.onLeft(session)
      },
      onState: () => {}, // a browser's own tabs are never out of reach
    }
  }

  #serverState(state: 'connecting' | 'connected' | 'down', error: MeshError | undefined, events: RendezvousEvents) {
    const tell = () => events.onState(state, error)
    if (state === 'down' && !this.#haveSiblingsAnswered) this.#held = tell
    else {
      if (state === 'connected') this.#held = undefined
      tell()
    }
  }

  #member(source: Source, { session, hello }: RendezvousMember, events: RendezvousEvents): void {
    const isNews = !Object.values(this.#listed).some(listed => listed.get(session) === hello)
    this.#listed[source].set(session, hello)
    if (isNews) events.onMember({ session, hello })
  }

  #list(source: Source, members: readonly RendezvousMember[]): void {
    this.#listed[source].clear()
    for (const { session, hello } of members) this.#listed[source].set(session, hello)
  }

  #union(): RendezvousMember[] {
    const all = new Map([...this.#listed.server, ...this.#listed.siblings])
    return [...all].map(([session, hello]) => ({ session, hello }))
  }
}
