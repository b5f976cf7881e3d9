/** The election history as a picture: who led from when to when, on an axis that gives the last seconds as much room as the hours before. Pure. */
import type { PeerId } from '../../base/ids.ts'
import type { DecisionsView, ElectionRecord } from '../../consensus/decisions/types.ts'
import { ago } from '../format.ts'

export interface Reign {
  readonly term: number
  readonly member: ElectionRecord['member']
  readonly host: PeerId | undefined
  /** 0 (oldest) to 1 (now). */
  readonly from: number
  readonly to: number
}

export interface Tick {
  readonly at: number
  readonly label: string
}

export interface ReignPicture {
  readonly reigns: readonly Reign[]
  readonly ticks: readonly Tick[]
  /** Where nobody leads now: from the end of the last reign; its true end is not known. */
  readonly vacant: { readonly from: number; readonly to: number } | undefined
}

/** Ages up to this are drawn nearly evenly, ms. */
const evenMs = 5_000
/** Of the axis, for "nobody leads now". */
const vacantPart = 0.08
/** Ticks nearer to each other, or to an end of the axis, would have their words overlap. */
const tickApart = 0.13
const tickAgesMs = [10_000, 60_000, 600_000, 3_600_000, 36_000_000, 86_400_000, 864_000_000]

export function reignPicture(
  { elections, leader }: Pick<DecisionsView, 'elections' | 'leader'>,
  nowMs: number,
): ReignPicture {
  const first = elections[0]
  if (!first) return { reigns: [], ticks: [], vacant: undefined }
  const span = Math.log1p(Math.max(evenMs, nowMs - first.atMs) / evenMs)
  const place = (atMs: number) => clamp(1 - Math.log1p(Math.max(0, nowMs - atMs) / evenMs) / span)
  const end = leader ? 1 : 1 - vacantPart
  const reigns = elections.map(({ term, member, host, atMs }, index) => {
    const next = elections[index + 1]
    return { term, member, host, from: place(atMs) * end, to: next ? place(next.atMs) * end : end }
  })
  const ticks: Tick[] = []
  for (const ageMs of tickAgesMs) {
    const at = place(nowMs - ageMs) * end
    const isClear = at > tickApart / 3 && (ticks.at(-1)?.at ?? 1) - at > tickApart
    if (isClear) ticks.push({ at, label: ago(0, ageMs).replace(' ago', '') })
  }
  return { reigns, ticks, vacant: leader ? undefined : { from: end, to: 1 } }
}

function clamp(part: number): number {
  return Math.min(1, Math.max(0, part))
}
