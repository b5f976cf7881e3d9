/** What a simulation of the mesh is told. */
import type { PresetName } from '../../mesh/presets.ts'

export const meshFaultKinds = [
  'loss',
  'partition',
  'churn',
  'pause',
  'oneway',
  'delay',
  'duplicate',
  'reorder',
] as const
export type MeshFaultKind = (typeof meshFaultKinds)[number]

export interface MeshSimulationOptions {
  readonly peers: number
  readonly minutes: number
  readonly faults: readonly MeshFaultKind[]
  /** Fraction of packets lost, with the fault `loss`. */
  readonly lossRate: number
  /** Peers that come or go in a second, for each thousand, with the fault `churn`. */
  readonly churnRate: number
  readonly preset: PresetName
  /** Whether the signaling server tells the others when a session's socket closes. */
  readonly hasSignaling: boolean
}

export const defaultOptions: MeshSimulationOptions = {
  peers: 100,
  minutes: 10,
  faults: meshFaultKinds,
  lossRate: 0.3,
  churnRate: 0.5,
  preset: 'default',
  hasSignaling: false,
}
