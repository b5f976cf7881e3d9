/** What a person chose in the Faults panel, and the request that it makes. Pure. */
import type { PeerId } from '../../base/ids.ts'
import type { FaultDirection, FaultRequest, FaultTarget } from '../../mesh/types.ts'

export const faultKinds = {
  cut: { title: 'Cut', hint: 'No link, and none can be made. Messages go round it where there is a way.' },
  delay: { title: 'Delay', hint: 'Everything arrives later, each way. The order stays.' },
  jitter: { title: 'Jitter', hint: 'A delay that varies by chance, up to this much.' },
  loss: { title: 'Loss', hint: 'Messages vanish beneath acknowledgement and retry.' },
  duplicate: { title: 'Duplicate', hint: 'Messages arrive twice; each is handled once.' },
  reorder: { title: 'Reorder', hint: 'Messages are held back up to 50 ms, and later ones overtake them.' },
  pause: { title: 'Pause', hint: 'Frozen: hears nothing, says nothing, and its clocks stand still.' },
} as const
export type FaultFormKind = keyof typeof faultKinds

export interface FaultForm {
  readonly kind: FaultFormKind
  /** `own` or `room`, a colon, `all` or a peer's id. */
  readonly where: string
  readonly direction: FaultDirection
  /** Milliseconds, or percent of messages. */
  readonly amount: string
  /** Seconds until it ends by itself; empty: until it is healed. */
  readonly seconds: string
}

export const firstForm: FaultForm = { kind: 'cut', where: 'own:all', direction: 'both', amount: '', seconds: '' }

/** What the amount of a kind is counted in; undefined where there is none. */
export function unitOf(kind: FaultFormKind): 'ms' | '%' | undefined {
  if (kind === 'delay' || kind === 'jitter') return 'ms'
  return kind === 'cut' || kind === 'pause' ? undefined : '%'
}

/** As another kind is chosen: an amount in the same unit stays. */
export function withKind(form: FaultForm, kind: FaultFormKind): FaultForm {
  const unit = unitOf(kind)
  const amount = unit === unitOf(form.kind) ? form.amount : unit === 'ms' ? '200' : unit === '%' ? '30' : ''
  return { ...form, kind, amount }
}

/** Undefined where the form can be sent; limits that it does not know are the engine's, which answers in words. */
export function faultFormProblem({ kind, amount, seconds }: FaultForm): string | undefined {
  const unit = unitOf(kind)
  const value = Number(amount)
  if (unit === 'ms' && !(amount.trim() !== '' && value >= 1)) return 'Say how many milliseconds, 1 or more.'
  if (unit === '%' && !(amount.trim() !== '' && value > 0 && value <= 100))
    return 'Say what share of messages, more than 0 and up to 100 %.'
  if (seconds.trim() !== '' && !(Number(seconds) > 0)) return 'Say for how many seconds, or nothing.'
  return undefined
}

export function requestOf({ kind, where, direction, amount, seconds }: FaultForm, self: PeerId): FaultRequest {
  const [scope = 'own', peer = 'all'] = where.split(':')
  const forMs = seconds.trim() === '' ? {} : { forMs: Number(seconds) * 1_000 }
  if (kind === 'pause') {
    const target = peer === 'all' ? (scope === 'room' ? 'all' : self) : (peer as PeerId)
    return { kind, target, ...forMs }
  }
  const target: FaultTarget = peer === 'all' ? 'all' : (peer as PeerId)
  const common = {
    target,
    ...(direction !== 'both' && { direction }),
    ...(scope === 'room' && { room: true }),
    ...forMs,
  }
  if (kind === 'cut') return { kind, ...common }
  if (kind === 'delay') return { kind, ms: Number(amount), ...common }
  if (kind === 'jitter') return { kind: 'delay', ms: 0, jitterMs: Number(amount), ...common }
  return { kind, share: Number(amount) / 100, ...common }
}
