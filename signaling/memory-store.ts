/** The rooms of a single instance, in memory. */
import type { RoomHash, SessionId } from '../src/base/ids.ts'
import { integerBelow, type Random } from '../src/base/random.ts'
import { randomId } from '../src/base/system.ts'
import type { SignalingLimits } from './limits.ts'
import type { Delivery, JoinResult, Mailbox, RoomStore, StoredMember } from './store.ts'

interface Room {
  readonly tag: string
  /** In order of arrival. */
  readonly members: Map<SessionId, StoredMember>
}

export class MemoryStore implements RoomStore {
  readonly #limits: Pick<SignalingLimits, 'rooms' | 'membersPerRoom'>
  readonly #random: Random
  readonly #mailboxes = new Map<Mailbox, (delivery: Delivery) => void>()
  readonly #rooms = new Map<RoomHash, Room>()
  readonly #tags = new Map<string, Set<RoomHash>>()

  constructor(limits: Pick<SignalingLimits, 'rooms' | 'membersPerRoom'>, random: Random) {
    this.#limits = limits
    this.#random = random
  }

  open(listener: (delivery: Delivery) => void): Mailbox {
    const mailbox = randomId() as Mailbox
    this.#mailboxes.set(mailbox, listener)
    return mailbox
  }

  close(mailbox: Mailbox): void {
    this.#mailboxes.delete(mailbox)
  }

  async publish(to: readonly Mailbox[], delivery: Delivery): Promise<void> {
    for (const mailbox of to) this.#mailboxes.get(mailbox)?.(delivery)
  }

  async join(hash: RoomHash, tag: string, member: StoredMember): Promise<JoinResult> {
    const known = this.#rooms.get(hash)
    if (known === undefined && this.#rooms.size >= this.#limits.rooms) return { kind: 'server-full' }
    const room = known ?? this.#create(hash, tag)
    const before = room.members.get(member.session)
    if (before === undefined && room.members.size >= this.#limits.membersPerRoom) return { kind: 'room-full' }
    const others = [...room.members.values()].filter(other => other.session !== member.session)
    room.members.set(member.session, member)
    return { kind: 'joined', others, replaced: before?.mailbox }
  }

  async leave(hash: RoomHash, session: SessionId, mailbox: Mailbox): Promise<readonly Mailbox[] | undefined> {
    const room = this.#rooms.get(hash)
    if (room?.members.get(session)?.mailbox !== mailbox) return undefined
    room.members.delete(session)
    if (room.members.size === 0) this.#remove(hash, room.tag)
    return mailboxes(room)
  }

  async setHello(hash: RoomHash, member: StoredMember): Promise<readonly Mailbox[] | undefined> {
    const room = this.#rooms.get(hash)
    if (room?.members.get(member.session)?.mailbox !== member.mailbox) return undefined
    room.members.set(member.session, member)
    return mailboxes(room).filter(mailbox => mailbox !== member.mailbox)
  }

  async find(hash: RoomHash, session: SessionId): Promise<Mailbox | undefined> {
    return this.#rooms.get(hash)?.members.get(session)?.mailbox
  }

  async countTag(tag: string, except: RoomHash): Promise<number> {
    const rooms = this.#tags.get(tag)
    return rooms === undefined ? 0 : rooms.size - (rooms.has(except) ? 1 : 0)
  }

  /** By chance which rooms and which members: a room whose first member is a frozen tab answers the next knock. */
  async pickByTag(tag: string, except: RoomHash, roomsMax: number): Promise<readonly Mailbox[]> {
    const hashes = [...(this.#tags.get(tag) ?? [])].filter(hash => hash !== except)
    const first = hashes.length > roomsMax ? integerBelow(this.#random, hashes.length) : 0
    const chosen = [...hashes.slice(first), ...hashes.slice(0, first)].slice(0, roomsMax)
    return chosen.flatMap(hash => {
      const members = [...(this.#rooms.get(hash)?.members.values() ?? [])]
      return members[integerBelow(this.#random, members.length)]?.mailbox ?? []
    })
  }

  async counts(): Promise<{ readonly rooms: number; readonly members: number }> {
    let members = 0
    for (const room of this.#rooms.values()) members += room.members.size
    return { rooms: this.#rooms.size, members }
  }

  async end(): Promise<void> {
    this.#mailboxes.clear()
    this.#rooms.clear()
    this.#tags.clear()
  }

  #create(hash: RoomHash, tag: string): Room {
    const room: Room = { tag, members: new Map() }
    this.#rooms.set(hash, room)
    const rooms = this.#tags.get(tag) ?? new Set()
    this.#tags.set(tag, rooms.add(hash))
    return room
  }

  #remove(hash: RoomHash, tag: string): void {
    this.#rooms.delete(hash)
    const rooms = this.#tags.get(tag)
    rooms?.delete(hash)
    if (rooms?.size === 0) this.#tags.delete(tag)
  }
}

function mailboxes(room: Room): readonly Mailbox[] {
  return [...room.members.values()].map(member => member.mailbox)
}
