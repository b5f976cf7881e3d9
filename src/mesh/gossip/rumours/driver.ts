/** Rumours over a mesh: `spread` says something once, and everybody in the room hears of it for as long as it lives, who comes later included. */
import * as v from 'valibot'
import { fromBase64Url, toBase64Url } from '../../../base/bytes.ts'
import type { Clock } from '../../../base/clock.ts'
import { MeshError } from '../../../base/errors.ts'
import type { PeerId } from '../../../base/ids.ts'
import type { Json } from '../../../base/json.ts'
import type { Random } from '../../../base/random.ts'
import type { Mesh } from '../../types.ts'
import { givenRumoursMax, offeredIdsMax, rumourBytesMax, rumourTtlMsMax } from './limits.ts'
import { initialRumours, type Rumour, type RumourSettings } from './state.ts'
import { type RumourInput, type RumourMessage, step } from './step.ts'

export const rumourTopic = 'gossip.rumour'

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(64))
const ids = v.pipe(v.array(id), v.maxLength(offeredIdsMax))
const base64Max = Math.ceil((rumourBytesMax * 4) / 3)
const schema = v.variant('kind', [
  v.strictObject({ kind: v.literal('offer'), ids, isFull: v.boolean() }),
  v.strictObject({ kind: v.literal('answer'), ids }),
  v.strictObject({ kind: v.literal('want'), ids }),
  v.strictObject({
    kind: v.literal('give'),
    rumours: v.pipe(
      v.array(
        v.strictObject({
          id,
          payload: v.pipe(v.string(), v.maxLength(base64Max)),
          ttlMs: v.pipe(v.number(), v.minValue(1), v.maxValue(rumourTtlMsMax)),
        }),
      ),
      v.maxLength(givenRumoursMax),
    ),
  }),
])

export interface RumoursOptions {
  readonly mesh: Pick<Mesh, 'peers' | 'send' | 'broadcast' | 'subscribe'>
  readonly clock: Clock
  readonly random: Random
  readonly newId: () => string
  readonly settings: RumourSettings
  /** False for what its origin never said: it is neither heard nor passed on. Never rejects. */
  readonly isGenuine: (rumour: Rumour) => Promise<boolean>
  /** Heard for the first time, from this peer itself too. */
  readonly onHeard: (rumour: Rumour) => void
  readonly count: (counter: string) => void
}

export class Rumours {
  readonly #options: RumoursOptions
  readonly #state
  readonly #offs: (() => void)[]
  #stopTicks: () => void

  constructor(options: RumoursOptions) {
    const { mesh, clock, settings } = options
    this.#options = options
    this.#state = initialRumours(settings, clock.monotonicMs())
    this.#offs = [mesh.subscribe(rumourTopic, (payload, { from }) => void this.#receive(payload, from))]
    this.#stopTicks = this.#ticks()
  }

  get settings(): RumourSettings {
    return this.#state.settings
  }

  /** At once, at this peer. */
  configure(settings: RumourSettings): void {
    this.#state.settings = settings
    this.#stopTicks()
    this.#stopTicks = this.#ticks()
  }

  /** Throws `too-large` or `invalid-option`. Returns the rumour's id. */
  spread(payload: Uint8Array, ttlMs: number): string {
    const { newId } = this.#options
    if (payload.length > rumourBytesMax)
      throw new MeshError('too-large', `a rumour of ${payload.length} bytes is over the limit of ${rumourBytesMax}`)
    if (!(ttlMs >= 1 && ttlMs <= rumourTtlMsMax))
      throw new MeshError('invalid-option', `a rumour lives from 1 to ${rumourTtlMsMax} ms`)
    const rumour = { id: newId(), payload, ttlMs }
    this.spreadAs(rumour)
    return rumour.id
  }

  /** Under an id of the caller's, which nobody used before. Everybody linked now hears at once; rounds see to the rest. */
  spreadAs(rumour: Rumour): void {
    const { mesh, clock, count } = this.#options
    this.#run({ kind: 'spread', rumour, nowMs: clock.monotonicMs() })
    const told = wireOf({ kind: 'give', rumours: [rumour] })
    mesh.broadcast(rumourTopic, told).catch(() => count('rumours.unsent'))
  }

  /** Those that live. */
  get alive(): readonly Rumour[] {
    const nowMs = this.#options.clock.monotonicMs()
    return [...this.#state.known.values()].flatMap(({ rumour, untilMs }) => (untilMs > nowMs ? [rumour] : []))
  }

  close(): void {
    this.#stopTicks()
    for (const off of this.#offs) off()
  }

  #ticks(): () => void {
    const { mesh, clock, random } = this.#options
    const tick = () =>
      this.#run({ kind: 'tick', nowMs: clock.monotonicMs(), peers: mesh.peers.map(peer => peer.id), random })
    return clock.every(this.settings.intervalMs / ticksPerInterval, tick)
  }

  async #receive(payload: unknown, from: PeerId): Promise<void> {
    const { isGenuine, count } = this.#options
    let message = parseRumourMessage(payload)
    if (message instanceof MeshError) return count('rumours.malformed')
    if (message.kind === 'give') {
      const fresh = message.rumours.filter(({ id }) => !this.#state.known.has(id))
      const verdicts = await Promise.all(fresh.map(isGenuine))
      for (const isGood of verdicts) if (!isGood) count('rumours.forged')
      message = { kind: 'give', rumours: fresh.filter((_, at) => verdicts[at]) }
    }
    this.#run({ kind: 'received', from, message, nowMs: this.#options.clock.monotonicMs() })
  }

  #run(input: RumourInput): void {
    const { mesh, onHeard, count } = this.#options
    for (const effect of step(this.#state, input)) {
      if (effect.kind === 'heard') onHeard(effect.rumour)
      // One that does not arrive is asked for again, or offered by another.
      else
        mesh.send(effect.to, rumourTopic, wireOf(effect.message), { retries: 0 }).catch(() => count('rumours.unsent'))
    }
  }
}

/** The machine asks again this often within an interval. */
const ticksPerInterval = 8

function wireOf(message: RumourMessage): Json {
  if (message.kind !== 'give') return message as unknown as Json
  const rumours = message.rumours.slice(0, givenRumoursMax)
  return {
    kind: 'give',
    rumours: rumours.map(({ id, payload, ttlMs }) => ({ id, ttlMs, payload: toBase64Url(payload) })),
  }
}

/** Checks what a peer sent, who may be broken or hostile. Never throws. */
export function parseRumourMessage(payload: unknown): RumourMessage | MeshError<'malformed'> {
  const parsed = v.safeParse(schema, payload)
  if (!parsed.success) return new MeshError('malformed', v.summarize(parsed.issues))
  if (parsed.output.kind !== 'give') return parsed.output
  const rumours: Rumour[] = []
  for (const { id, payload, ttlMs } of parsed.output.rumours) {
    const bytes = fromBase64Url(payload)
    if (!bytes) return new MeshError('malformed', 'a rumour that is not base64url')
    rumours.push({ id, ttlMs, payload: bytes })
  }
  return { kind: 'give', rumours }
}
