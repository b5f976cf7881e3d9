/**
 * A rendezvous among the tabs of one browser, over a BroadcastChannel named after the room's hash: no server, no network. What is for one
 * tab goes over a channel of that tab's own: of many tabs, each would wake for what two of them say to each other. What they carry
 * is sealed and signed as on the wire, and whatever comes is checked: any page of this origin may speak on them.
 */
import * as v from 'valibot'
import type { Clock } from '../base/clock.ts'
import type { RoomHash, SessionId } from '../base/ids.ts'
import { siblingAnswerMs, siblingsMax } from './limits.ts'
import type { Rendezvous, RendezvousEvents, RendezvousMember } from './rendezvous.ts'
import { sealedHello, sealedSignal, sessionId } from './signaling/protocol.ts'

/** The first answer is told of at once. Then the others' are gathered for so long, so that the list is read once, ms. */
const gatherMs = 5

const wordSchema = v.variant('kind', [
  /** Joins, and asks who is here. */
  v.strictObject({ kind: v.literal('join'), session: sessionId, hello: sealedHello }),
  v.strictObject({ kind: v.literal('here'), to: sessionId, session: sessionId, hello: sealedHello }),
  v.strictObject({ kind: v.literal('hello'), session: sessionId, hello: sealedHello }),
  v.strictObject({ kind: v.literal('signal'), from: sessionId, to: sessionId, data: sealedSignal }),
  v.strictObject({ kind: v.literal('left'), session: sessionId }),
])
type SiblingWord = v.InferOutput<typeof wordSchema>

export function siblingChannelName(room: RoomHash): string {
  return `tabmesh:${room}`
}

type Channel = Pick<BroadcastChannel, 'postMessage' | 'onmessage' | 'close'>

export interface SiblingsOptions {
  /** Of all tabs of the room, as `siblingChannelName` names it. */
  readonly channel: string
  readonly open: (name: string) => Channel
  readonly clock: Clock
  /** Calls back when a session of this browser is surely gone; returns how to stop watching. */
  readonly watch: (session: SessionId, onGone: () => void) => () => void
}

interface Sibling {
  hello: string
  readonly unwatch: () => void
}

export class Siblings implements Rendezvous {
  readonly url = 'siblings:'
  readonly #options: SiblingsOptions
  readonly #everybody: Channel
  /** What is said to this tab alone; undefined before it joins. */
  #own: Channel | undefined
  readonly #present = new Map<SessionId, Sibling>()
  #self: RendezvousMember | undefined
  #events: RendezvousEvents | undefined
  /** Ends the time in which those who were here before us answer; undefined once it is over. */
  #stopAsking: (() => void) | undefined

  constructor(options: SiblingsOptions) {
    this.#options = options
    this.#everybody = this.#listen(options.channel)
  }

  join(_room: unknown, member: RendezvousMember, events: RendezvousEvents): void {
    this.#self = member
    this.#events = events
    this.#own = this.#listen(this.#nameOf(member.session))
    this.#stopAsking = this.#options.clock.after(siblingAnswerMs, () => this.#welcome())
    this.#say({ kind: 'join', ...member })
  }

  setHello(hello: string): void {
    if (!this.#self) return
    this.#self = { ...this.#self, hello }
    this.#say({ kind: 'hello', ...this.#self })
  }

  isNear(session: SessionId): boolean {
    return this.#present.has(session)
  }

  signal(to: SessionId, data: string): boolean {
    if (!this.#self || !this.isNear(to)) return false
    this.#tell(to, { kind: 'signal', from: this.#self.session, to, data })
    return true
  }

  knock(): void {}

  leave(): void {
    if (this.#self) this.#say({ kind: 'left', session: this.#self.session })
    this.#stopAsking?.()
    this.#stopAsking = undefined
    for (const { unwatch } of this.#present.values()) unwatch()
    this.#present.clear()
    this.#own?.close()
    this.#own = undefined
    this.#self = undefined
    this.#events = undefined
  }

  #nameOf(session: SessionId): string {
    return `${this.#options.channel}:${session}`
  }

  #listen(name: string): Channel {
    const channel = this.#options.open(name)
    channel.onmessage = event => this.#hear(event.data)
    return channel
  }

  #say(word: SiblingWord): void {
    this.#everybody.postMessage(word)
  }

  /** Closed at once: whoever has a channel of that name open is woken by what others say on it. */
  #tell(to: SessionId, word: SiblingWord): void {
    const channel = this.#options.open(this.#nameOf(to))
    channel.postMessage(word)
    channel.close()
  }

  #hear(data: unknown): void {
    const parsed = v.safeParse(wordSchema, data)
    if (!parsed.success) return
    const word = parsed.output
    const self = this.#self
    if (!self) return // not joined, or left
    if (word.kind === 'signal') {
      if (word.to === self.session) this.#events?.onSignal(word.from, word.data)
    } else if (word.kind === 'left') this.#gone(word.session)
    else if (word.kind === 'here') {
      if (word.to === self.session) this.#found(word)
    } else {
      // First of all: a newcomer waits for it.
      if (word.kind === 'join') this.#tell(word.session, { kind: 'here', to: word.session, ...self })
      this.#found(word)
    }
  }

  #found({ session, hello }: RendezvousMember): void {
    const known = this.#present.get(session)
    if (known?.hello === hello || session === this.#self?.session) return
    if (known) known.hello = hello
    else {
      if (this.#present.size >= siblingsMax) return
      const unwatch = this.#options.watch(session, () => this.#gone(session))
      this.#present.set(session, { hello, unwatch })
    }
    if (!this.#stopAsking) return this.#events?.onMember({ session, hello })
    if (this.#present.size > 1) return
    this.#stopAsking()
    this.#stopAsking = this.#options.clock.after(gatherMs, () => this.#welcome())
    this.#events?.onFirst({ session, hello })
  }

  #welcome(): void {
    this.#stopAsking = undefined
    this.#events?.onWelcome(
      [...this.#present].map(([session, { hello }]) => ({ session, hello })),
      0,
    )
  }

  #gone(session: SessionId): void {
    const sibling = this.#present.get(session)
    if (!sibling) return
    sibling.unwatch()
    this.#present.delete(session)
    this.#events?.onLeft(session)
  }
}
