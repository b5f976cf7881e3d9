/**
 * How soon silence counts as death. All times are ms. Each preset keeps the two figures by which others name it, the interval of
 * heartbeats and the timeout, and derives the rest from them; whoever knows better hands in settings of their own.
 */
import { MeshError } from '../base/errors.ts'

export interface FailureSettings {
  /** Each link is pinged this often, and besides one other member, in turn (SWIM's protocol period, §4). */
  readonly intervalMs: number
  /** A suspect that nobody else finds silent is given up after this; a link on which nothing came for so long is closed. */
  readonly timeoutMs: number
  /** How long an answer may take before others are asked to try; more where round trips to that peer are longer. */
  readonly probeMs: number
  /** The same, where signaling says that the session left: two signs together need less of each. */
  readonly hintedProbeMs: number
  /** A suspect that all probers find silent is given up after this (Lifeguard's minimum, §III-B). */
  readonly suspicionMinMs: number
  /** Members asked to try for us (SWIM's k); more than half of them must find a suspect silent. */
  readonly probers: number
}

export type PresetName = 'default' | 'relaxed' | 'patient' | 'lab'

const fast = { probeMs: 500, hintedProbeMs: 150, suspicionMinMs: 1_000, probers: 3 } as const

export const presets: Readonly<Record<PresetName, FailureSettings>> = {
  /** Heartbeat 3 s, timeout 10 s. */
  default: { intervalMs: 3_000, timeoutMs: 10_000, ...fast },
  /** Heartbeat 5 s, detected within 15 s: phones, busy machines. */
  relaxed: { intervalMs: 5_000, timeoutMs: 15_000, ...fast, probeMs: 1_000, suspicionMinMs: 2_500 },
  /** Timeout 30 s: links over satellites, rooms where a false alarm is dear. */
  patient: {
    intervalMs: 10_000,
    timeoutMs: 30_000,
    ...fast,
    probeMs: 2_000,
    hintedProbeMs: 1_000,
    suspicionMinMs: 6_000,
  },
  /** A quiet machine or a demonstration, where a second is long. */
  lab: { intervalMs: 250, timeoutMs: 1_000, probeMs: 100, hintedProbeMs: 60, suspicionMinMs: 250, probers: 3 },
}

/** The settings of a preset, or one's own after a check. Throws `invalid-option`. */
export function failureSettings(preset: PresetName | FailureSettings = 'default'): FailureSettings {
  if (typeof preset === 'string') {
    if (Object.hasOwn(presets, preset)) return presets[preset]
    throw new MeshError('invalid-option', `preset must be one of ${Object.keys(presets).join(', ')}, not "${preset}"`)
  }
  for (const [name, low, high] of bounds) {
    const value = preset[name]
    if (!(Number.isFinite(value) && value >= low && value <= high))
      throw new MeshError('invalid-option', `${name} must be between ${low} and ${high}, not ${value}`)
  }
  if (!(preset.hintedProbeMs <= preset.suspicionMinMs && preset.suspicionMinMs <= preset.timeoutMs))
    throw new MeshError('invalid-option', 'hintedProbeMs <= suspicionMinMs <= timeoutMs must hold')
  if (!Number.isInteger(preset.probers)) throw new MeshError('invalid-option', 'probers must be a whole number')
  return preset
}

const bounds: readonly (readonly [keyof FailureSettings, number, number])[] = [
  ['intervalMs', 20, 600_000],
  ['timeoutMs', 50, 600_000],
  ['probeMs', 10, 60_000],
  ['hintedProbeMs', 10, 60_000],
  ['suspicionMinMs', 10, 600_000],
  ['probers', 1, 16],
]
