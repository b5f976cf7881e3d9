/** How a job's bar divides among peers. Pure. */
import type { PeerId } from '../../base/ids.ts'
import type { JobView } from '../../work/types.ts'

export interface Segment {
  readonly peer: PeerId
  readonly name: string
  /** Parts of the whole bar, 0 to 1. */
  readonly done: number
  readonly running: number
}

type Shares = Pick<JobView, 'shards' | 'perPeer'>

/** In the order in which the peers are given, which the engine keeps; never more than the whole bar, whatever was counted twice. */
export function segments({ shards, perPeer }: Shares): Segment[] {
  if (shards === 0) return []
  let room = shards
  const take = (wanted: number) => {
    const taken = Math.max(0, Math.min(wanted, room))
    room -= taken
    return taken / shards
  }
  // What is done has precedence over what is merely under way somewhere.
  const done = perPeer.map(part => take(part.done))
  return perPeer.map((part, index) => ({
    peer: part.peer,
    name: part.name,
    done: done[index] ?? 0,
    running: take(part.running),
  }))
}

export interface Legend {
  readonly shown: JobView['perPeer']
  /** The others, summed up. */
  readonly rest: { readonly peers: number; readonly done: number; readonly bytes: number } | undefined
}

/** The peers that did most, then the rest in one line. */
export function legend(perPeer: JobView['perPeer'], most: number): Legend {
  if (perPeer.length <= most) return { shown: perPeer, rest: undefined }
  const ranked = [...perPeer].sort((a, b) => b.done - a.done || b.running - a.running || (a.peer < b.peer ? -1 : 1))
  const others = ranked.slice(most - 1)
  return {
    shown: ranked.slice(0, most - 1),
    rest: {
      peers: others.length,
      done: others.reduce((sum, part) => sum + part.done, 0),
      bytes: others.reduce((sum, part) => sum + part.bytes, 0),
    },
  }
}
