/**
 * Links among the tabs of one browser, without any network (DESIGN, fact 6). Each tab listens on a channel of its own, over which it is dialled; each pipe
 * has one more to itself. The names of the channels follow from the room's key: who is not let into the room can neither listen nor speak.
 * Both ends prove their PeerIds once, by signatures over the attempt and both sessions; a channel of which only they know is theirs from then on.
 */
import * as v from 'valibot'
import type { Clock } from '../../base/clock.ts'
import { MeshError } from '../../base/errors.ts'
import { type PeerId, type SessionId, sessionPattern } from '../../base/ids.ts'
import { siblingDialMs, siblingsMax } from '../limits.ts'
import type { LinkProvider, Pipe, Remote } from '../types.ts'
import { isOlder } from '../webrtc/glare.ts'
import { BroadcastPipe, type Channel, proofText } from './pipe.ts'

const dialSchema = v.strictObject({
  kind: v.literal('dial'),
  peer: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
  session: v.pipe(v.string(), v.regex(sessionPattern)),
  attempt: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  proof: proofText,
})
type Dial = v.InferOutput<typeof dialSchema>

export interface BroadcastLinksOptions {
  readonly self: Remote
  readonly clock: Clock
  readonly newId: () => string
  readonly open: (name: string) => Channel
  /** A channel's name, which only members of the room can work out. */
  readonly nameOf: (purpose: string) => Promise<string>
  /** Signs words as this peer. */
  readonly prove: (words: string) => Promise<string>
  /** Whether one more peer is one too many. */
  readonly isFullFor: (peer: PeerId) => boolean
  /** Whether this peer signed these words. */
  readonly isProof: (peer: PeerId, words: string, proof: string) => Promise<boolean>
}

export class BroadcastLinks implements LinkProvider {
  readonly kind = 'broadcast'
  readonly #options: BroadcastLinksOptions
  /** By the peer that is dialled: gives the dial up for the other's. */
  readonly #dialling = new Map<PeerId, () => void>()
  readonly #pipes = new Map<PeerId, BroadcastPipe>()
  /** Dials that are being answered, or whose dialler has not confirmed yet. */
  #answering = 0
  readonly #listeners = new Set<(pipe: Pipe) => void>()
  #own: Channel | undefined
  #isClosed = false

  constructor(options: BroadcastLinksOptions) {
    this.#options = options
    void this.#listen()
  }

  get engaged(): ReadonlySet<PeerId> {
    return new Set(this.#dialling.keys())
  }

  onPipe(listener: (pipe: Pipe) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async dial(to: Remote, { signal }: { readonly signal: AbortSignal }): Promise<Pipe> {
    signal.throwIfAborted()
    const { self, clock, newId, open, nameOf, prove, isProof } = this.#options
    if (this.#dialling.has(to.peer)) throw new MeshError('disconnected', 'this peer is being dialled')
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const attempt = newId()
    const stop = clock.after(siblingDialMs, () => reject(new MeshError('dial-failed', `no answer from ${to.peer}`)))
    const abort = () => reject(new MeshError('aborted', 'the dial was given up'))
    signal.addEventListener('abort', abort)
    this.#dialling.set(to.peer, () => reject(new MeshError('disconnected', 'the other dialled as well')))
    let pipe: BroadcastPipe | undefined
    try {
      const [pair, door, proof] = await Promise.all([
        nameOf(`pair ${attempt}`),
        nameOf(`own ${to.session}`),
        prove(`dial ${attempt} ${self.session} ${to.session}`),
      ])
      pipe = this.#pipe(to, pair, resolve, reject)
      const callee = open(door)
      callee.postMessage({ kind: 'dial', ...self, attempt, proof } satisfies Dial)
      callee.close() // whoever has it open is woken by what others say on it
      const answer = `answer ${attempt} ${to.session} ${self.session}`
      if (!(await isProof(to.peer, answer, await promise))) throw new MeshError('dial-failed', 'somebody else answers')
      if (pipe.isClosed) throw new MeshError('dial-failed', 'the other end has given it up')
      pipe.ready('')
      this.#keep(pipe)
      return pipe
    } catch (thrown) {
      pipe?.end('the dial failed')
      throw thrown
    } finally {
      stop()
      signal.removeEventListener('abort', abort)
      this.#dialling.delete(to.peer)
    }
  }

  /** The pipes close, and no more come. */
  close(): void {
    this.#isClosed = true
    this.#own?.close()
    for (const pipe of [...this.#pipes.values()]) pipe.close('the tab leaves')
  }

  async #listen(): Promise<void> {
    const { self, open, nameOf } = this.#options
    const name = await nameOf(`own ${self.session}`)
    if (this.#isClosed) return
    this.#own = open(name)
    this.#own.onmessage = event => {
      const dial = v.safeParse(dialSchema, event.data)
      if (!dial.success || this.#pipes.size + this.#answering >= siblingsMax) return
      this.#answering++
      void this.#answer(dial.output).finally(() => this.#answering--)
    }
  }

  /** Of two who dial each other the lower PeerId's dial stands; of two sessions of one peer, the later. */
  async #answer({ attempt, proof, ...from }: Dial): Promise<void> {
    const { self, clock, nameOf, prove, isProof } = this.#options
    const peer = from.peer as PeerId
    const session = from.session as SessionId
    if (!(await isProof(peer, `dial ${attempt} ${session} ${self.session}`, proof))) return
    const former = this.#pipes.get(peer)
    const dialled = this.#dialling.get(peer)
    if (peer === self.peer || (dialled && self.peer < peer) || this.#options.isFullFor(peer)) return
    if (former && isOlder(session, former.remote.session)) return
    dialled?.()
    const answer = `answer ${attempt} ${self.session} ${session}`
    const [pair, answered] = await Promise.all([nameOf(`pair ${attempt}`), prove(answer)])
    if (this.#isClosed) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const pipe = this.#pipe(
      { peer, session },
      pair,
      () => {
        this.#keep(pipe)
        for (const listener of this.#listeners) listener(pipe)
        resolve()
      },
      () => resolve(),
    )
    // Who dialled may have given up long ago, when this tab was frozen: it has to say that it still listens. Who is only slow is told that it is too late.
    const stop = clock.after(siblingDialMs, () => pipe.close('no word that you listen'))
    pipe.ready(answered)
    await promise
    stop()
  }

  #pipe(
    remote: Remote,
    name: string,
    onReady: (proof: string) => void,
    onEnd?: (error: MeshError) => void,
  ): BroadcastPipe {
    const pipe: BroadcastPipe = new BroadcastPipe({
      remote,
      channel: this.#options.open(name),
      onReady,
      onOver: () => {
        if (this.#pipes.get(remote.peer) === pipe) this.#pipes.delete(remote.peer)
        onEnd?.(new MeshError('dial-failed', 'the other end closed it'))
      },
    })
    return pipe
  }

  /** One pipe for each peer: the later takes the place of the former. */
  #keep(pipe: BroadcastPipe): void {
    this.#pipes.get(pipe.remote.peer)?.close('dialled again')
    this.#pipes.set(pipe.remote.peer, pipe)
  }
}
