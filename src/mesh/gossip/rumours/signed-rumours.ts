/**
 * Rumours as applications see them: a topic and a payload, signed by whoever began them, so that nobody can be made to have said what it did
 * not. On the wire the payload of a rumour is `origin signature json`; its id is in the signed part, so that nobody can take another's.
 */
import * as v from 'valibot'
import { fromBase64Url, toBase64Url } from '../../../base/bytes.ts'
import { MeshError } from '../../../base/errors.ts'
import type { PeerId } from '../../../base/ids.ts'
import type { Json, Payload } from '../../../base/json.ts'
import { topicCharsMax } from '../../limits.ts'
import { parseJson } from '../../parse-json.ts'
import { isSignedBy, type Signer, signatureText } from '../../signed.ts'
import type { Incoming } from '../../types.ts'
import { Rumours, type RumoursOptions } from './driver.ts'
import { rumourPayloadBytesMax, rumourTtlMsMax } from './limits.ts'
import type { Rumour, RumourSettings } from './state.ts'

/** How long a rumour lives where its caller does not say, ms. */
const ttlMsDefault = 60_000

const schema = v.strictObject({
  id: v.pipe(v.string(), v.maxLength(64)),
  topic: v.pipe(v.string(), v.minLength(1), v.maxLength(topicCharsMax)),
  atMs: v.pipe(v.number(), v.finite()),
  ttlMs: v.pipe(v.number(), v.minValue(1), v.maxValue(rumourTtlMsMax)),
  /** Bytes as base64url under `bytes`, anything else as it is under `json`. */
  json: v.optional(v.unknown()),
  bytes: v.optional(v.string()),
})
type Content = v.InferOutput<typeof schema>

export interface HeardRumour extends Incoming {
  readonly payload: Payload
  /** By its origin's wish; what is left of it is less. */
  readonly ttlMs: number
}

type Listener = (payload: Payload, incoming: Incoming) => void

export interface SignedRumoursOptions extends Omit<RumoursOptions, 'isGenuine' | 'onHeard'> {
  readonly signer: Signer
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export class SignedRumours {
  readonly #options: SignedRumoursOptions
  readonly #rumours: Rumours
  readonly #listeners = new Map<string, Set<Listener>>()

  constructor(options: SignedRumoursOptions) {
    this.#options = options
    this.#rumours = new Rumours({
      ...options,
      isGenuine,
      onHeard: rumour => this.#heard(rumour),
    })
  }

  get settings(): RumourSettings {
    return this.#rumours.settings
  }

  configure(settings: RumourSettings): void {
    this.#rumours.configure(settings)
  }

  /**
   * Everybody in the room hears it, and so does who comes before `ttlMs` are over. Resolves with its id. Rejects with `invalid-option` or
   * `too-large`.
   */
  async spread(
    topic: string,
    payload: Payload,
    { ttlMs = ttlMsDefault }: { readonly ttlMs?: number } = {},
  ): Promise<string> {
    const { signer, newId, clock } = this.#options
    checkTopic(topic)
    if (!(ttlMs >= 1 && ttlMs <= rumourTtlMsMax))
      throw new MeshError('invalid-option', `a rumour lives from 1 to ${rumourTtlMsMax} ms, not ${ttlMs}`)
    const id = newId()
    const body = payload instanceof Uint8Array ? { bytes: toBase64Url(payload) } : { json: payload }
    const json = encoder.encode(JSON.stringify({ id, topic, atMs: clock.nowMs(), ttlMs, ...body }))
    const bytes = payload instanceof Uint8Array ? payload.length : json.length
    if (bytes > rumourPayloadBytesMax)
      throw new MeshError('too-large', `a rumour of ${bytes} bytes is over the limit of ${rumourPayloadBytesMax}`)
    const signature = await signatureText(signer, 'rumour', json)
    const head = encoder.encode(`${signer.id} ${signature} `)
    const whole = new Uint8Array(head.length + json.length)
    whole.set(head)
    whole.set(json, head.length)
    this.#rumours.spreadAs({ id, payload: whole, ttlMs })
    return id
  }

  /** Calls back with each rumour of this topic, those first that live already; this peer's own too. */
  subscribe(topic: string, listener: Listener): () => void {
    checkTopic(topic)
    const listeners = this.#listeners.get(topic) ?? new Set()
    this.#listeners.set(topic, listeners.add(listener))
    for (const { payload, ttlMs: _, ...incoming } of this.alive)
      if (incoming.topic === topic) listener(payload, incoming)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#listeners.delete(topic)
    }
  }

  get alive(): readonly HeardRumour[] {
    return this.#rumours.alive.flatMap(rumour => read(rumour) ?? [])
  }

  close(): void {
    this.#rumours.close()
  }

  #heard(rumour: Rumour): void {
    const heard = read(rumour)
    if (!heard) return
    const { payload, ttlMs: _, ...incoming } = heard
    for (const listener of [...(this.#listeners.get(incoming.topic) ?? [])]) {
      try {
        listener(payload, incoming)
      } catch {
        this.#options.count('subscriber-failed')
      }
    }
  }
}

function checkTopic(topic: string): void {
  if (typeof topic !== 'string' || topic.length === 0 || topic.length > topicCharsMax)
    throw new MeshError('invalid-option', `a topic is text of 1 to ${topicCharsMax} characters`)
}

/** Its origin signed it under this id, and nobody makes it live longer than that. */
async function isGenuine(rumour: Rumour): Promise<boolean> {
  const parts = partsOf(rumour.payload)
  if (!parts || parts.content.id !== rumour.id || rumour.ttlMs > parts.content.ttlMs) return false
  return isSignedBy(parts.from, 'rumour', parts.json, parts.signature)
}

function read(rumour: Rumour): HeardRumour | undefined {
  const parts = partsOf(rumour.payload)
  if (!parts) return undefined
  const { id, topic, atMs, ttlMs, json, bytes } = parts.content
  const payload = bytes === undefined ? ((json ?? null) as Json) : fromBase64Url(bytes)
  if (payload === undefined) return undefined
  return { from: parts.from, topic, correlationId: id, timestamp: atMs, ttlMs, payload }
}

interface Parts {
  readonly from: PeerId
  readonly signature: Uint8Array
  readonly json: Uint8Array
  readonly content: Content
}

function partsOf(payload: Uint8Array): Parts | undefined {
  const first = payload.indexOf(space)
  const second = payload.indexOf(space, first + 1)
  if (first < 0 || second < 0) return undefined
  const signature = fromBase64Url(decoder.decode(payload.subarray(first + 1, second)))
  const json = payload.subarray(second + 1)
  const content = v.safeParse(schema, parseJson(json))
  if (!signature || !content.success) return undefined
  return { from: decoder.decode(payload.subarray(0, first)) as PeerId, signature, json, content: content.output }
}

const space = 32
