/**
 * Rumours and push-sum among many simulated peers, by the product's machines: how many rounds until nearly all have heard, how many messages
 * that takes, whether anti-entropy finds the rest, and how fast an aggregate settles.
 */
import type { PeerId } from '../../base/ids.ts'
import { integerBelow } from '../../base/random.ts'
import { absorb, aggregateOf, initialShare, type Share, split } from '../../mesh/gossip/aggregate/state.ts'
import { initialRumours, type RumourSettings, type RumourState } from '../../mesh/gossip/rumours/state.ts'
import { type RumourEffect, type RumourMessage, step } from '../../mesh/gossip/rumours/step.ts'
import { EventQueue } from '../world/event-queue.ts'
import { chance, exponential, Sfc32 } from '../world/random.ts'

export interface GossipOptions {
  readonly peers: number
  readonly lossRate: number
  /** Rumours started at once, at peers drawn by chance: offers are shared among them. */
  readonly rumours: number
  readonly settings: RumourSettings
}

export const gossipDefaults: GossipOptions = {
  peers: 1_000,
  lossRate: 0.3,
  rumours: 1,
  settings: { intervalMs: 1_000, fanout: 3, antiEntropy: true, antiEntropyIntervalMs: 10_000 },
}

export interface GossipResult {
  readonly seed: number
  /** Rounds (intervals) until the threshold of peers had heard every rumour, and until all had; undefined where it never came. */
  readonly roundsTo95: number | undefined
  readonly roundsToAll: number | undefined
  /** Messages that carried a rumour, per rumour and peer. */
  readonly carriersPerPeer: number
  /** Offers, questions and answers until all had heard, per rumour and peer. */
  readonly wordsPerPeer: number
}

/** Delay of a message, ms: links of an internet, not of one machine. */
const delayMinMs = 5
const delayMeanMs = 40
const ticksPerRound = 8
const threshold = 0.95

interface Peer {
  readonly id: PeerId
  readonly state: RumourState
  readonly random: Sfc32
  readonly others: readonly PeerId[]
}

export function runGossipSeed(seed: number, options: GossipOptions = gossipDefaults): GossipResult {
  const { peers: count, settings, lossRate, rumours } = options
  const random = new Sfc32(seed, 'gossip')
  const ids = Array.from({ length: count }, (_, at) => `p${at}` as PeerId)
  const peers = ids.map((id, at): Peer => {
    const own = random.fork(id)
    // Nobody's rounds begin with another's.
    const state = initialRumours(settings, -own.next() * settings.intervalMs)
    state.fullRoundAtMs = -own.next() * settings.antiEntropyIntervalMs
    return { id, state, random: own, others: [...ids.slice(0, at), ...ids.slice(at + 1)] }
  })
  const queue = new EventQueue<() => void>()
  let nowMs = 0
  let carriers = 0
  let words = 0
  const heard = new Map<string, number>()
  let thresholdAtMs: number | undefined
  let allAtMs: number | undefined

  const perform = (peer: Peer, effects: readonly RumourEffect[]): void => {
    for (const effect of effects) {
      if (effect.kind === 'heard') note(effect.rumour.id)
      else send(peer.id, effect.to, effect.message)
    }
  }
  const note = (id: string): void => {
    heard.set(id, (heard.get(id) ?? 0) + 1)
    const least = Math.min(...heard.values())
    if (heard.size < rumours) return
    if (least >= threshold * count) thresholdAtMs ??= nowMs
    if (least === count) allAtMs ??= nowMs
  }
  const send = (from: PeerId, to: PeerId, message: RumourMessage): void => {
    if (allAtMs === undefined)
      if (message.kind === 'give') carriers += message.rumours.length
      else words++
    if (chance(random, lossRate)) return
    const receiver = peers[Number(to.slice(1))]
    queue.push(nowMs + delayMinMs + exponential(random, delayMeanMs), () => {
      if (receiver) perform(receiver, step(receiver.state, { kind: 'received', from, message, nowMs }))
    })
  }
  const tick = (peer: Peer): void => {
    perform(peer, step(peer.state, { kind: 'tick', nowMs, peers: peer.others, random: peer.random }))
    queue.push(nowMs + settings.intervalMs / ticksPerRound, () => tick(peer))
  }
  for (const peer of peers) queue.push(peer.random.next() * (settings.intervalMs / ticksPerRound), () => tick(peer))
  for (let number = 0; number < rumours; number++) {
    const origin = peers[integerBelow(random, count)]
    const rumour = { id: `r${number}`, payload: new Uint8Array(0), ttlMs: 10 * settings.antiEntropyIntervalMs }
    if (origin) perform(origin, step(origin.state, { kind: 'spread', rumour, nowMs }))
  }
  const untilMs = 3 * settings.antiEntropyIntervalMs
  while (queue.nextAtUs <= untilMs && allAtMs === undefined) {
    nowMs = queue.nextAtUs
    queue.pop()?.()
  }
  const rounds = (atMs: number | undefined) => (atMs === undefined ? undefined : atMs / settings.intervalMs)
  return {
    seed,
    roundsTo95: rounds(thresholdAtMs),
    roundsToAll: rounds(allAtMs),
    carriersPerPeer: carriers / (rumours * count),
    wordsPerPeer: words / (rumours * count),
  }
}

export interface AggregationResult {
  /** Rounds until every peer's count, sum and mean were within a thousandth of the truth. */
  readonly rounds: number | undefined
}

/** Push-sum over reliable calls: a share that does not arrive is known not to have, and is taken back. */
export function runAggregation(seed: number, count: number, lossRate: number): AggregationResult {
  const random = new Sfc32(seed, 'push-sum')
  const values = Array.from({ length: count }, () => random.next() * 100)
  const truth = values.reduce((sum, value) => sum + value, 0)
  let shares = values.map((value, at): Share => initialShare(value, at === 0))
  for (let round = 1; round <= 200; round++) {
    const next = shares.map(share => share)
    for (let at = 0; at < count; at++) {
      const share = next[at]
      const to = (at + 1 + integerBelow(random, Math.max(1, count - 1))) % count
      const receiver = next[to]
      if (!share || !receiver || to === at || chance(random, lossRate)) continue
      const { kept, given } = split(share)
      next[at] = kept
      next[to] = absorb(receiver, given)
    }
    shares = next
    const isNear = (estimate: number, value: number) => Math.abs(estimate - value) <= Math.abs(value) / 1_000
    const isSettled = shares.every(share => {
      const aggregate = aggregateOf(share)
      if (!aggregate) return false
      const { count: counted, sum, mean, min, max } = aggregate
      const isExact = min === Math.min(...values) && max === Math.max(...values)
      return isNear(counted, count) && isNear(sum, truth) && isNear(mean, truth / count) && isExact
    })
    if (isSettled) return { rounds: round }
  }
  return { rounds: undefined }
}
