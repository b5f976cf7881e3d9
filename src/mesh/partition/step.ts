/** The rules of partitions; their invariants stand in `state.ts`. */
import {
  figuresOf,
  type PartitionEffect,
  type PartitionFigures,
  type PartitionInput,
  type PartitionState,
  type Side,
} from './state.ts'

/** Fewer missing than this are crashes, unless they are half of the room. */
const lostMin = 2
/** So large a part of the known must be missing for a split; single crashes of a large room are none. */
const lostShare = 0.2

/** Performs `input` on `state` (in place) and says what must be told. */
export function step(state: PartitionState, input: PartitionInput): PartitionEffect[] {
  const { here, missing } = state
  const { nowMs } = input
  if (input.kind === 'joined') {
    here.add(input.peer)
    if (missing.delete(input.peer)) state.returned++
  } else if (input.kind === 'departed') {
    const wasHere = here.delete(input.peer)
    missing.delete(input.peer)
    if (input.isCrash && wasHere) missing.set(input.peer, nowMs)
  } else if (input.kind === 'links') {
    if (input.count > 0 || here.size === 0) state.linklessMs = undefined
    else state.linklessMs ??= nowMs
  }
  for (const [peer, lostMs] of missing) {
    if (nowMs - lostMs <= state.rememberMs) break
    missing.delete(peer)
  }
  return judge(state, nowMs)
}

function judge(state: PartitionState, nowMs: number): PartitionEffect[] {
  const figures = figuresOf(state, nowMs)
  const side = sideOf(state, figures)
  if (side === state.side) return []
  const former = state.side
  state.side = side
  if (side === undefined)
    return [{ kind: 'heal', durationMs: nowMs - state.sinceMs, returned: state.returned, ...figures }]
  if (former === undefined) {
    state.sinceMs = nowMs
    state.returned = 0
  }
  return [{ kind: 'partition', side, ...figures }]
}

function sideOf(state: PartitionState, { reachable, known }: PartitionFigures): Side | undefined {
  if (2 * reachable < known) return 'minority'
  const lost = state.missing.size
  // Once told, it is over when fewer than half as many are missing: a single return does not flap.
  const share = state.side === undefined ? lostShare : lostShare / 2
  return lost >= lostMin && lost >= share * known ? 'majority' : undefined
}
