/** What a person or a script asks for, checked with messages for whoever wrote it, and made into the command that is told and kept. */
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import type { PeerId, SessionId } from '../../base/ids.ts'
import { faultDelayMsMax, faultForMsMax, membersMax, ordersSeenMax, partitionGroupsMax } from '../limits.ts'
import type { FaultCommand, FaultDirection, FaultRequest, FaultTarget } from './types.ts'

type BeginRequest = Exclude<FaultRequest, { kind: 'heal' }>

const directions: readonly FaultDirection[] = ['both', 'out', 'in']

/** What a request is checked against. */
export interface Known {
  readonly self: PeerId
  readonly isKnown: (peer: PeerId) => boolean
}

/** Throws `invalid-option`, or `no-such-peer` for somebody who is not here. */
export function commandOf(request: BeginRequest, known: Known): FaultCommand {
  checkForMs(request.forMs)
  if (request.kind === 'partition') return { kind: 'partition', groups: checkedGroups(request.groups, known) }
  const isRoom = 'room' in request && request.room === true
  if (request.kind === 'pause') {
    const { target = known.self } = request
    return { kind: 'pause', peers: checkedPeers(target, known, true) }
  }
  const { direction = 'both' } = request
  if (!directions.includes(direction)) refuse(`direction must be 'both', 'out' or 'in', not ${shown(direction)}`)
  const where = { peers: checkedPeers(request.target, known, isRoom), direction }
  if (request.kind === 'cut') return { kind: 'cut', ...where }
  if (request.kind === 'delay') {
    const { ms, jitterMs = 0 } = request
    checkNumber('ms', ms, 0, faultDelayMsMax)
    checkNumber('jitterMs', jitterMs, 0, faultDelayMsMax)
    if (ms === 0 && jitterMs === 0) refuse('a delay of 0 ms without jitter delays nothing')
    return { kind: 'delay', ms, jitterMs, ...where }
  }
  if (!['loss', 'duplicate', 'reorder'].includes(request.kind)) refuse(`there is no fault ${shown(request.kind)}`)
  checkNumber('share', request.share, 0, 1)
  if (request.share === 0) refuse('share must be more than 0: heal() ends a fault')
  return { kind: request.kind, share: request.share, ...where }
}

function checkForMs(forMs: unknown): void {
  if (forMs === undefined) return
  checkNumber('forMs', forMs, 1, faultForMsMax)
}

function checkNumber(name: string, value: unknown, least: number, most: number): void {
  if (typeof value !== 'number' || !(value >= least && value <= most))
    refuse(`${name} must be a number from ${least} to ${most}, not ${shown(value)}`)
}

function checkedPeers(target: FaultTarget, known: Known, mayBeSelf: boolean): 'all' | readonly PeerId[] {
  if (target === 'all') return 'all'
  const peers = typeof target === 'string' ? [target] : target
  if (!Array.isArray(peers) || peers.length === 0)
    refuse(`a fault is for 'all', a peer's id or a list of ids, not ${shown(target)}`)
  for (const peer of peers as readonly PeerId[]) {
    if (peer === known.self && !mayBeSelf)
      refuse('this peer has no link to itself: name another, or ask for the whole room with `room: true`')
    if (typeof peer !== 'string' || (peer !== known.self && !known.isKnown(peer)))
      throw new MeshError('no-such-peer', `nobody here has the id ${shown(peer)}`)
  }
  return [...new Set(peers as readonly PeerId[])]
}

/** One group alone is parted from everybody else: then whoever is in none is of the other. */
function checkedGroups(groups: readonly (readonly PeerId[])[], known: Known): readonly (readonly PeerId[])[] {
  if (!Array.isArray(groups) || groups.length === 0 || groups.length > partitionGroupsMax)
    refuse(`a partition has 1 to ${partitionGroupsMax} groups of ids`)
  const checked = groups.map(group => {
    if (!Array.isArray(group)) refuse(`a group is a list of ids, not ${shown(group)}`)
    return group.length === 0 ? [] : (checkedPeers(group, known, true) as readonly PeerId[])
  })
  const all = checked.flat()
  if (new Set(all).size < all.length) refuse('a peer is in one group only')
  if (checked.length === 1) checked.unshift([])
  if (checked.slice(1).some(group => group.length === 0))
    refuse('only the first group may be empty: it takes whoever is in none')
  return checked
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `"${value.slice(0, 80)}"` : String(value).slice(0, 80)
}

function refuse(message: string): never {
  throw new MeshError('invalid-option', message)
}

const peer = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(128),
  v.transform(text => text as PeerId),
)
const peers = v.pipe(v.array(peer), v.maxLength(membersMax), v.readonly())
const links = { peers: v.union([v.literal('all'), peers]), direction: v.picklist(directions) }
const delayMs = v.pipe(v.number(), v.minValue(0), v.maxValue(faultDelayMsMax))
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1))
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(64))

const commandSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('cut'), ...links }),
  v.strictObject({ kind: v.literal('delay'), ms: delayMs, jitterMs: delayMs, ...links }),
  v.strictObject({ kind: v.picklist(['loss', 'duplicate', 'reorder']), share, ...links }),
  v.strictObject({ kind: v.literal('pause'), peers: links.peers }),
  v.strictObject({
    kind: v.literal('partition'),
    groups: v.pipe(v.array(peers), v.minLength(2), v.maxLength(partitionGroupsMax + 1), v.readonly()),
  }),
])

const session = v.pipe(
  v.string(),
  v.maxLength(64),
  v.transform(text => text as SessionId),
)
const number = v.pipe(v.number(), v.safeInteger(), v.minValue(1))

/** What one peer tells the room of faults, signed. `number` grows with each of its session, so that none is said again by another. */
export const orderSchema = v.strictObject({
  session,
  number,
  order: v.variant('kind', [
    v.strictObject({
      kind: v.literal('begin'),
      id,
      command: commandSchema,
      forMs: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(faultForMsMax))),
    }),
    v.strictObject({
      kind: v.literal('heal'),
      id: v.optional(id),
      /** The newest order that its author had heard of each other: a heal covers these too, also where they arrive after it. */
      seen: v.optional(
        v.pipe(
          v.array(v.pipe(v.strictTuple([peer, session, number]), v.readonly())),
          v.maxLength(ordersSeenMax),
          v.readonly(),
        ),
      ),
    }),
  ]),
})
export type SignedOrder = v.InferOutput<typeof orderSchema>
export type Order = SignedOrder['order']
