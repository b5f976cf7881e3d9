/**
 * The rendezvous as the mesh sees it: sealed hellos opened into candidates to dial, "left" hints, and the knock by which a
 * newcomer who is alone learns that a room of this name is open under another key.
 */
import * as v from 'valibot'
import type { Clock } from '../base/clock.ts'
import { MeshError } from '../base/errors.ts'
import type { PeerId, SessionId } from '../base/ids.ts'
import type { Rendezvous, RendezvousMember } from '../link/rendezvous.ts'
import type { Remote } from '../link/types.ts'
import { isOlder } from '../link/webrtc/glare.ts'
import { anyVersionSchema, speaksOurVersion } from './announcement.ts'
import { membersMax } from './limits.ts'
import type { MembershipWord } from './membership/driver.ts'
import { parseJson } from './parse-json.ts'
import type { Room } from './room.ts'
import { openRecord, type Signed } from './signed.ts'

/** How long a newcomer waits for the answer to its knock. */
const knockWaitMs = 1_500

const knockSchema = v.strictObject({ room: v.pipe(v.string(), v.maxLength(256)), isOpen: v.optional(v.literal(true)) })

export interface LobbyOptions {
  readonly self: PeerId
  readonly room: Room
  readonly clock: Clock
  readonly session: SessionId
  readonly rendezvous: Rendezvous
  readonly onSignal: (sealed: string) => void
  /** Somebody to dial; `isNewcomer` where it joined after us, and so dials by itself. */
  readonly onCandidate: (peer: PeerId, isNewcomer: boolean) => void
  /** Somebody of this room and this browser, listed for the first time or again. */
  readonly onNear: (near: Remote) => void
  readonly onLeft: (peer: PeerId, session: SessionId) => void
  readonly onState: (state: 'connecting' | 'connected' | 'down', error?: MeshError) => void
  /** The room's list was read: nobody else, or how many. */
  readonly onWelcome: (others: number) => void
  readonly onProblem: (error: MeshError) => void
}

const encoder = new TextEncoder()

export class Lobby {
  readonly #options: LobbyOptions
  readonly #sessions = new Map<PeerId, SessionId>()
  readonly #peers = new Map<SessionId, PeerId>()
  readonly #hellos = new Map<SessionId, Signed>()
  /** Hellos as they came, so that one that two sources list is opened once. */
  readonly #sealed = new Map<SessionId, string>()

  constructor(options: LobbyOptions) {
    this.#options = options
  }

  async join(announcement: Signed): Promise<void> {
    const { room, session, rendezvous, onSignal, onState } = this.#options
    const member = { session, hello: await this.#sealHello(announcement) }
    rendezvous.join({ hash: room.hash, tag: room.tag }, member, {
      onWelcome: (members, sameTag) => void this.#welcome(members, sameTag),
      onMember: found => void this.#add(found, true),
      onFirst: found => void this.#add(found, false),
      onLeft: left => this.#left(left),
      onSignal: (_from, sealed) => onSignal(sealed),
      onKnock: (sealed, reply) => void this.#answerKnock(sealed, reply),
      onKnockReply: sealed => void this.#knockAnswered(sealed),
      onState,
    })
  }

  async update(announcement: Signed): Promise<void> {
    this.#options.rendezvous.setHello(await this.#sealHello(announcement))
  }

  /** What this session says of itself, as a word for membership; undefined where it was not listed. */
  helloOf(peer: PeerId, session: SessionId): MembershipWord | undefined {
    const hello = this.#sessions.get(peer) === session ? this.#hellos.get(session) : undefined
    return hello && { kind: 'members', announcements: [hello] }
  }

  get candidates(): ReadonlyMap<PeerId, SessionId> {
    return this.#sessions
  }

  carry(to: SessionId, sealed: string): boolean {
    return this.#options.rendezvous.signal(to, sealed)
  }

  isNear(session: SessionId): boolean {
    return this.#options.rendezvous.isNear?.(session) ?? false
  }

  probe(): void {
    this.#options.rendezvous.probe?.()
  }

  /** A session that ended is no candidate any more, whoever told us. */
  forget(peer: PeerId, session: SessionId): void {
    if (this.#sessions.get(peer) === session) this.#sessions.delete(peer)
    this.#peers.delete(session)
    this.#hellos.delete(session)
    this.#sealed.delete(session)
  }

  leave(): void {
    this.#options.rendezvous.leave()
  }

  #sealHello(announcement: Signed): Promise<string> {
    return this.#options.room.seal.seal(encoder.encode(JSON.stringify(announcement)))
  }

  async #welcome(members: readonly RendezvousMember[], sameTag: number): Promise<void> {
    // After a reconnect: whoever left meanwhile is not listed, and nobody told us.
    const present = new Set(members.map(member => member.session))
    for (const [session, peer] of [...this.#peers]) if (!present.has(session)) this.forget(peer, session)
    const found = await Promise.all(members.map(member => this.#add(member, false)))
    const others = found.filter(Boolean).length
    if (others === 0 && sameTag > 0 && this.#options.room.isPrivate) await this.#knock()
    this.#options.onWelcome(others)
  }

  async #add(member: RendezvousMember, isNewcomer: boolean): Promise<boolean> {
    const { self, room, session: own, onCandidate, onProblem } = this.#options
    const { session } = member
    const listed = this.#peers.get(session)
    if (listed && this.#sealed.get(session) === member.hello) {
      this.#near(listed, session)
      return true
    }
    const plain = await room.seal.open(member.hello)
    const hello = plain && (await openRecord(parseJson(plain), 'announcement', anyVersionSchema))
    // Our own key with another session is this tab before it was reloaded: nobody to dial.
    if (!hello || hello.content.session !== session || session === own || hello.by === self) return false
    if (!speaksOurVersion(hello.content)) {
      const message = 'A tab of another version is in this room: reload the older one.'
      onProblem(new MeshError('version-mismatch', message))
      return false
    }
    const known = this.#sessions.get(hello.by)
    if (known && isOlder(session, known)) return false
    if (!known && this.#sessions.size >= membersMax) return false
    this.#sessions.set(hello.by, session)
    this.#peers.set(session, hello.by)
    this.#hellos.set(session, parseJson(plain) as Signed)
    this.#sealed.set(session, member.hello)
    onCandidate(hello.by, isNewcomer)
    this.#near(hello.by, session)
    return true
  }

  #near(peer: PeerId, session: SessionId): void {
    if (this.isNear(session)) this.#options.onNear({ peer, session })
  }

  #left(session: SessionId): void {
    const peer = this.#peers.get(session)
    if (!peer) return
    this.forget(peer, session)
    this.#options.onLeft(peer, session)
  }

  #answered: (() => void) | undefined

  async #knock(): Promise<void> {
    const { room, rendezvous, clock, onProblem } = this.#options
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.#answered = () => resolve(true)
    rendezvous.knock(await room.nameSeal.seal(encoder.encode(JSON.stringify({ room: room.name }))))
    const stop = clock.after(knockWaitMs, () => resolve(false))
    const isOpenElsewhere = await promise
    stop()
    if (!isOpenElsewhere) return
    const message = `The key does not fit: a room named "${room.name}" is open with another key. Check the link you were given.`
    onProblem(new MeshError('wrong-secret', message))
  }

  async #answerKnock(sealed: string, reply: (data: string) => void): Promise<void> {
    const { room } = this.#options
    const asked = await this.#openKnock(sealed)
    if (!room.isPrivate || asked?.room !== room.name) return
    const answer = { room: room.name, isOpen: true }
    reply(await room.nameSeal.seal(encoder.encode(JSON.stringify(answer))))
  }

  async #knockAnswered(sealed: string): Promise<void> {
    const answer = await this.#openKnock(sealed)
    if (answer?.isOpen && answer.room === this.#options.room.name) this.#answered?.()
  }

  async #openKnock(sealed: string): Promise<v.InferOutput<typeof knockSchema> | undefined> {
    const plain = await this.#options.room.nameSeal.open(sealed)
    const parsed = v.safeParse(knockSchema, plain && parseJson(plain))
    return parsed.success ? parsed.output : undefined
  }
}
