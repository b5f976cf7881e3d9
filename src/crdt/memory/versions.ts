/** What lies under one key: usually one version; several where peers wrote without knowing of each other, until somebody writes again. */
import type { PeerId } from '../../base/ids.ts'
import type { Json } from '../../base/json.ts'
import type { Dot } from './context.ts'

/** Hybrid logical time (Kulkarni et al., 2014): milliseconds since 1970, and a count within one. */
export interface Stamp {
  readonly ms: number
  readonly count: number
}

/** A whole value, one replica's part of a counter, or one element of a set. */
export type Body =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'counter'; readonly up: number; readonly down: number }
  | { readonly kind: 'element'; readonly element: Json }

export interface Version {
  readonly dot: Dot
  readonly stamp: Stamp
  readonly by: PeerId
  readonly body: Body
  readonly tags: readonly string[]
  /** After this it is gone, ms since 1970. */
  readonly expiresAtMs?: number | undefined
}

/** What a reader gets. */
export interface Entry {
  readonly namespace: string
  readonly key: string
  readonly kind: 'value' | 'counter' | 'set'
  /** The winner's value; a counter's sum; a set's elements, sorted. */
  readonly value: Json
  readonly tags: readonly string[]
  /** Who wrote last, and when by its clock. */
  readonly by: PeerId
  readonly atMs: number
  readonly expiresAtMs?: number | undefined
  /** Values that were written without knowing of the winner and lost; newest first. They go when somebody writes the key again. */
  readonly conflicts: readonly { readonly value: Json; readonly by: PeerId; readonly atMs: number }[]
}

export function compareStamps(one: Stamp, other: Stamp): number {
  return one.ms - other.ms || one.count - other.count
}

/** `stamp`, or the next after `past` where that is later. */
export function stampAfter(stamp: Stamp, past: Stamp): Stamp {
  return compareStamps(stamp, past) > 0 ? stamp : { ms: past.ms, count: past.count + 1 }
}

/** Later wins; at the same time the greater name, so that all peers agree. */
export function compareVersions(one: Version, other: Version): number {
  return (
    compareStamps(one.stamp, other.stamp) ||
    (one.dot.replica < other.dot.replica
      ? -1
      : one.dot.replica > other.dot.replica
        ? 1
        : one.dot.number - other.dot.number)
  )
}

/** Undefined where nothing is left of it at `nowMs`. The same for the same versions in any order. */
export function entryOf(namespace: string, key: string, versions: Iterable<Version>, nowMs: number): Entry | undefined {
  const alive = [...versions].filter(({ expiresAtMs }) => expiresAtMs === undefined || expiresAtMs > nowMs)
  alive.sort((one, other) => compareVersions(other, one))
  const [winner] = alive
  if (!winner) return undefined
  const { body, tags, by, stamp, expiresAtMs } = winner
  const alike = alive.filter(version => version.body.kind === body.kind)
  const losers = body.kind === 'value' ? alive.slice(1) : alive.filter(version => version.body.kind !== body.kind)
  const conflicts = losers.map(loser => ({ value: shownOf(loser.body), by: loser.by, atMs: loser.stamp.ms }))
  const kind: Entry['kind'] = body.kind === 'element' ? 'set' : body.kind
  const about = { namespace, key, kind, tags, by, atMs: stamp.ms, expiresAtMs, conflicts }
  if (body.kind === 'value') return { ...about, value: body.value }
  if (body.kind === 'counter') return { ...about, value: alike.reduce((sum, { body }) => sum + countOf(body), 0) }
  const elements = new Map(alike.map(version => [textOf(shownOf(version.body)), shownOf(version.body)]))
  return {
    ...about,
    value: [...elements].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, element]) => element),
  }
}

/** Equal elements have equal text: names of members are sorted. */
export function textOf(element: Json): string {
  const sorted = (_: string, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value
  return JSON.stringify(element, sorted)
}

function shownOf(body: Body): Json {
  return body.kind === 'value' ? body.value : body.kind === 'element' ? body.element : countOf(body)
}

function countOf(body: Body): number {
  return body.kind === 'counter' ? body.up - body.down : 0
}
