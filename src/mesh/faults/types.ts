/** Faults put into links on purpose, to see what a mesh does about them: what can be asked for, and what is in force. */
import type { PeerId } from '../../base/ids.ts'

/** Seen from this peer, or in a fault for the room from the peers that it names: what they say, what they hear, or both. */
export type FaultDirection = 'both' | 'out' | 'in'
/** Links to these peers; `all` is every link, those of newcomers included. */
export type FaultTarget = 'all' | PeerId | readonly PeerId[]

export interface FaultOptions {
  readonly direction?: FaultDirection
  /** It ends by itself after so long, ms. */
  readonly forMs?: number
  /** At every peer of the room, each for its part, rather than at the links of this one alone. */
  readonly room?: boolean
}

/** What is wrong, apart from where and for how long. A share is a probability per frame, 0 to 1. */
export type FaultAction =
  | { readonly kind: 'cut' }
  | { readonly kind: 'delay'; readonly ms: number; readonly jitterMs: number }
  | { readonly kind: 'loss' | 'duplicate' | 'reorder'; readonly share: number }

/** One fault, as it is told to the room and listed for people. */
export type FaultCommand =
  | (FaultAction & { readonly peers: 'all' | readonly PeerId[]; readonly direction: FaultDirection })
  /** These peers freeze: they hear and say nothing. */
  | { readonly kind: 'pause'; readonly peers: 'all' | readonly PeerId[] }
  /** No link between peers of different groups. Whoever is in none belongs to the first. */
  | { readonly kind: 'partition'; readonly groups: readonly (readonly PeerId[])[] }

export interface FaultInfo {
  readonly id: string
  readonly command: FaultCommand
  readonly scope: 'own' | 'room'
  /** Who asked for it. */
  readonly by: PeerId
  /** Whether it changes anything at this peer's own links. */
  readonly actsHere: boolean
  readonly sinceMs: number
  readonly untilMs: number | undefined
}

/** Of a fault for the room: who has confirmed it. Whoever is cut off or frozen may obey and not be able to say so. */
export interface FaultOutcome {
  /** Of the fault that was begun; undefined for `heal`. */
  readonly id: string | undefined
  readonly confirmed: readonly PeerId[]
  readonly unconfirmed: readonly PeerId[]
}

export type FaultRequest =
  | ({ readonly kind: 'cut'; readonly target: FaultTarget } & FaultOptions)
  | ({
      readonly kind: 'delay'
      readonly target: FaultTarget
      readonly ms: number
      readonly jitterMs?: number
    } & FaultOptions)
  | ({
      readonly kind: 'loss' | 'duplicate' | 'reorder'
      readonly target: FaultTarget
      readonly share: number
    } & FaultOptions)
  | ({ readonly kind: 'pause'; readonly target?: FaultTarget } & Omit<FaultOptions, 'direction' | 'room'>)
  | {
      readonly kind: 'partition'
      readonly groups: readonly (readonly PeerId[])[]
      readonly forMs?: number
    }
  | ({ readonly kind: 'heal' } & HealOptions)

export interface HealOptions {
  /** Only this fault, as `list` names it. */
  readonly id?: string
  /** Only faults of this peer's own, at its links to that peer. */
  readonly peer?: PeerId
  /** At every peer of the room too. Without it the room is told where anything for the room is in force. */
  readonly room?: boolean
}

/** Something about the faults here changed; for people. */
export type FaultEvent =
  | { readonly what: 'began'; readonly fault: FaultInfo }
  /** `by` is undefined where its time was over. */
  | { readonly what: 'ended'; readonly fault: FaultInfo; readonly by: PeerId | undefined }
  | { readonly what: 'changed'; readonly fault: FaultInfo }
