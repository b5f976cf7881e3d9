/** The options of `npm run sim -- mesh`, from texts to values, with a clear word about each that is wrong. */
import { type PresetName, presets } from '../../mesh/presets.ts'
import { defaultOptions, type MeshFaultKind, type MeshSimulationOptions, meshFaultKinds } from './options.ts'

export interface MeshCommand {
  readonly options: MeshSimulationOptions
  readonly seed: number
  readonly seeds: number
  /** Processes that run seeds side by side; one runs them in this process. */
  readonly jobs: number
  readonly isTwice: boolean
  readonly isJson: boolean
  readonly trace: string | undefined
}

/** For node:util's parseArgs. */
export const meshFlags = {
  peers: { type: 'string' },
  minutes: { type: 'string' },
  seed: { type: 'string' },
  seeds: { type: 'string' },
  jobs: { type: 'string' },
  faults: { type: 'string' },
  'loss-rate': { type: 'string' },
  'churn-rate': { type: 'string' },
  preset: { type: 'string' },
  signaling: { type: 'boolean' },
  twice: { type: 'boolean' },
  trace: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

export type MeshFlags = { readonly [Name in keyof typeof meshFlags]?: string | boolean | undefined }

export const meshHelp = `npm run sim -- mesh [options]

Runs the mesh's machines (membership, failure detection, overlay, partitions, spreading) in a seeded
world full of faults, checks the promises after each event, and measures what is seen from outside.
Exit code 1 and the replay command if a promise is broken.

  --peers N       2-1000                                   (${defaultOptions.peers})
  --minutes M     of storm, 0.1-600                        (${defaultOptions.minutes})
  --seed N        first seed                               (1)
  --seeds N       how many seeds, counting up              (1)
  --jobs N        processes that run seeds side by side    (1)
  --faults LIST   kinds of fault, comma-separated, or none (all)
                  ${meshFaultKinds.join(',')}
  --loss-rate F   fraction of packets lost, 0-0.9          (${defaultOptions.lossRate})
  --churn-rate F  departures a second per thousand peers   (${defaultOptions.churnRate})
  --preset NAME   ${Object.keys(presets).join(', ')}      (${defaultOptions.preset})
  --signaling     a signaling server tells of sockets that closed
  --twice         run each seed twice and compare the trace hashes
  --trace FILE    everything that happened, one JSON object a line (needs one seed)
  --json          the result as one JSON object on standard output; progress stays on standard error
`

/** The command, or what is wrong with it. */
export function meshCommandOf(flags: MeshFlags): MeshCommand | string {
  const problems: string[] = []
  const number = (name: keyof MeshFlags, fallback: number, low: number, high: number, isWhole: boolean): number => {
    const text = flags[name]
    if (text === undefined) return fallback
    const value = Number(text)
    const isFit = (isWhole ? /^\d+$/ : /^\d+(\.\d+)?$/).test(String(text)) && value >= low && value <= high
    if (isFit) return value
    problems.push(`--${name} takes a ${isWhole ? 'whole ' : ''}number from ${low} to ${high}, not "${text}"`)
    return fallback
  }
  const seeds = number('seeds', 1, 1, 1_000_000, true)
  const jobs = number('jobs', 1, 1, 256, true)
  if (flags.trace !== undefined && (seeds !== 1 || jobs !== 1)) problems.push('--trace needs a single seed')
  const command: MeshCommand = {
    options: {
      peers: number('peers', defaultOptions.peers, 2, 1_000, true),
      minutes: number('minutes', defaultOptions.minutes, 0.1, 600, false),
      faults: faultsOf(flags.faults, problems),
      lossRate: number('loss-rate', defaultOptions.lossRate, 0, 0.9, false),
      churnRate: number('churn-rate', defaultOptions.churnRate, 0.001, 100, false),
      preset: presetOf(flags.preset, problems),
      hasSignaling: flags.signaling === true,
    },
    seed: number('seed', 1, 0, Number.MAX_SAFE_INTEGER - 1_000_000, true),
    seeds,
    jobs,
    isTwice: flags.twice === true,
    isJson: flags.json === true,
    trace: typeof flags.trace === 'string' ? flags.trace : undefined,
  }
  return problems.length > 0 ? problems.join('\n') : command
}

/** The command that runs one seed again. */
export function meshReplay({ options }: MeshCommand, seed: number): string {
  const { peers, minutes, faults, lossRate, churnRate, preset, hasSignaling } = options
  const parts = [`npm run sim -- mesh --peers ${peers} --minutes ${minutes} --seed ${seed}`]
  parts.push(`--faults ${faults.join() || 'none'} --loss-rate ${lossRate} --churn-rate ${churnRate} --preset ${preset}`)
  if (hasSignaling) parts.push('--signaling')
  return parts.join(' ')
}

function presetOf(text: string | boolean | undefined, problems: string[]): PresetName {
  if (text === undefined) return defaultOptions.preset
  const name = Object.keys(presets).find(known => known === text) as PresetName | undefined
  if (!name) problems.push(`--preset: there is no preset "${text}"; there are ${Object.keys(presets).join(', ')}`)
  return name ?? defaultOptions.preset
}

function faultsOf(text: string | boolean | undefined, problems: string[]): readonly MeshFaultKind[] {
  if (typeof text !== 'string' || text === 'all') return meshFaultKinds
  if (text === 'none') return []
  const names = text.split(',').map(name => name.trim())
  const unknown = names.filter(name => !meshFaultKinds.some(kind => kind === name))
  if (unknown.length > 0)
    problems.push(
      `--faults: no kind of fault is called "${unknown.join('", "')}"; there are ${meshFaultKinds.join(', ')}`,
    )
  return meshFaultKinds.filter(kind => names.includes(kind))
}
