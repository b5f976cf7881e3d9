/** What one socket's messages do to its room. Handled one at a time, in order; `deliver` may come in between. */
import type { Clock } from '../src/base/clock.ts'
import type { RoomHash, SessionId } from '../src/base/ids.ts'
import { randomId } from '../src/base/system.ts'
import {
  type ClientMessage,
  type CloseCode,
  closeCodes,
  type KnockId,
  knockRoomsMax,
  type LeftReason,
  type ServerMessage,
  type SignalingErrorCode,
} from '../src/link/signaling/protocol.ts'
import type { SignalingLimits } from './limits.ts'
import type { Delivery, Mailbox, RoomStore } from './store.ts'

export interface MembershipPort {
  readonly store: RoomStore
  readonly limits: SignalingLimits
  readonly clock: Clock
  /** Whether the address may make one more join. */
  mayJoin(): boolean
  send(frame: string): void
  reply(message: ServerMessage): void
  fail(code: SignalingErrorCode, message: string): void
  close(code: CloseCode, reason: string): void
}

interface Place {
  readonly room: RoomHash
  readonly tag: string
  readonly session: SessionId
  readonly mailbox: Mailbox
  /** Deliveries from before our `welcome`, in order; undefined once it was sent. */
  held: Delivery[] | undefined
  /** Our knocks that may still be answered: when each was made, and how many answers it may yet get. */
  readonly knocks: Map<KnockId, { readonly atMs: number; answers: number }>
}

type Message<Kind extends ClientMessage['kind']> = Extract<ClientMessage, { kind: Kind }>

export class Membership {
  readonly #port: MembershipPort
  #place: Place | undefined

  constructor(port: MembershipPort) {
    this.#port = port
  }

  get isInside(): boolean {
    return this.#place !== undefined
  }

  async handle(message: ClientMessage): Promise<void> {
    if (message.kind === 'ping') return this.#port.reply({ kind: 'pong' })
    if (message.kind === 'join') return this.#join(message)
    const place = this.#place
    if (place === undefined) return this.#port.fail('not-joined', 'join a room first')
    switch (message.kind) {
      case 'signal':
        return this.#signal(place, message)
      case 'hello':
        return this.#hello(place, message.hello)
      case 'knock':
        return this.#knock(place, message.data)
      case 'knock-reply':
        return this.#answer(message)
      case 'leave':
        return this.end('left')
    }
  }

  /** Leaves the room, if in one, and tells the others why. */
  async end(reason: LeftReason): Promise<void> {
    const place = this.#place
    if (place === undefined) return
    this.#place = undefined
    this.#port.store.close(place.mailbox)
    const others = await this.#port.store.leave(place.room, place.session, place.mailbox)
    if (others !== undefined) await this.#publish(others, { kind: 'left', session: place.session, reason })
  }

  async #join({ room, tag, session, hello }: Message<'join'>): Promise<void> {
    const { store } = this.#port
    if (this.#place !== undefined) return this.#port.fail('already-joined', 'leave the room first')
    if (!this.#port.mayJoin()) return this.#port.close(closeCodes.rate, 'too many joins: wait a minute')
    const mailbox = store.open(delivery => this.#deliver(delivery))
    const place: Place = { room, tag, session, mailbox, held: [], knocks: new Map() }
    this.#place = place
    const result = await store.join(room, tag, { session, hello, mailbox })
    if (result.kind !== 'joined') {
      this.#place = undefined
      store.close(mailbox)
      const what = result.kind === 'room-full' ? 'the room is full' : 'the server is full'
      return this.#port.close(closeCodes.full, what)
    }
    const { others, replaced } = result
    const everyone = others.map(other => other.mailbox)
    if (replaced === undefined) await this.#publish(everyone, { kind: 'joined', member: { session, hello } })
    else {
      await store.publish([replaced], { kind: 'replaced' })
      await this.#publish(everyone, { kind: 'hello', session, hello })
    }
    const sameTag = await store.countTag(tag, room)
    const members = others.map(other => ({ session: other.session, hello: other.hello }))
    this.#port.reply({ kind: 'welcome', members, sameTag })
    this.#release(place)
  }

  async #signal(place: Place, { to, data }: Message<'signal'>): Promise<void> {
    const mailbox = await this.#port.store.find(place.room, to)
    if (mailbox === undefined) return this.#port.fail('unknown-session', `${to} is not in the room`)
    await this.#publish([mailbox], { kind: 'signal', from: place.session, data })
  }

  async #hello({ room, session, mailbox }: Place, hello: string): Promise<void> {
    const others = await this.#port.store.setHello(room, { session, hello, mailbox })
    if (others !== undefined) await this.#publish(others, { kind: 'hello', session, hello })
  }

  async #knock(place: Place, data: string): Promise<void> {
    const { store, clock, limits } = this.#port
    const knock = knockOf(place.mailbox)
    place.knocks.set(knock, { atMs: clock.monotonicMs(), answers: knockRoomsMax })
    const [oldest] = place.knocks.keys()
    if (place.knocks.size > limits.openKnocks && oldest !== undefined) place.knocks.delete(oldest)
    await this.#publish(await store.pickByTag(place.tag, place.room, knockRoomsMax), { kind: 'knock', knock, data })
  }

  /** Whether the knock is open is known where it was made; here we only know where that is. */
  async #answer({ knock, data }: Message<'knock-reply'>): Promise<void> {
    await this.#port.store.publish([mailboxOf(knock)], { kind: 'knock-reply', knock, data })
  }

  #deliver(delivery: Delivery): void {
    const place = this.#place
    if (place === undefined) return
    if (place.held === undefined) return this.#accept(place, delivery)
    place.held.push(delivery)
    if (place.held.length > this.#port.limits.heldDeliveries)
      this.#port.close(closeCodes.tooSlow, 'too much happened during the join')
  }

  #release(place: Place): void {
    const held = place.held ?? []
    place.held = undefined
    for (const delivery of held) this.#accept(place, delivery)
  }

  #accept(place: Place, delivery: Delivery): void {
    switch (delivery.kind) {
      case 'frame':
        return this.#port.send(delivery.frame)
      case 'replaced':
        return this.#port.close(closeCodes.replaced, 'this session joined again elsewhere')
      case 'knock-reply':
        if (this.#spendAnswer(place, delivery.knock)) this.#port.reply({ kind: 'knock-reply', data: delivery.data })
    }
  }

  /** Nobody can flood a knocker: a knock takes one answer per room it reached at most, and none after `knockMs`. */
  #spendAnswer(place: Place, knock: KnockId): boolean {
    const open = place.knocks.get(knock)
    if (open === undefined || open.answers === 0) return false
    open.answers -= 1
    return this.#port.clock.monotonicMs() - open.atMs <= this.#port.limits.knockMs
  }

  #publish(to: readonly Mailbox[], message: ServerMessage): Promise<void> {
    return this.#port.store.publish(to, { kind: 'frame', frame: JSON.stringify(message) })
  }
}

/** A knock carries the way back to whoever knocked, so that no instance needs a table of all knocks, and a part that cannot be guessed. */
function knockOf(mailbox: Mailbox): KnockId {
  return `${mailbox}_${randomId()}` as KnockId
}

function mailboxOf(knock: KnockId): Mailbox {
  return (knock.split('_')[0] ?? '') as Mailbox
}
