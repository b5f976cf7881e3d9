/** The options of `npm run sim -- raft`, from texts to values, with a clear word about each that is wrong. */
import { mutantNamed, mutants } from './mutants.ts'
import { defaultOptions, type RaftFaultKind, type RaftSimulationOptions, raftFaultKinds } from './options.ts'

export interface RaftCommand {
  readonly options: RaftSimulationOptions
  readonly seed: number
  readonly seeds: number
  readonly only: readonly number[] | undefined
  readonly mutate: string | undefined
  readonly isHunt: boolean
  readonly isTwice: boolean
  readonly isShrinking: boolean
  readonly isJson: boolean
  readonly history: string | undefined
  readonly trace: string | undefined
}

/** For node:util's parseArgs. */
export const raftFlags = {
  members: { type: 'string' },
  clients: { type: 'string' },
  ops: { type: 'string' },
  keys: { type: 'string' },
  seed: { type: 'string' },
  seeds: { type: 'string' },
  faults: { type: 'string' },
  only: { type: 'string' },
  mutate: { type: 'string' },
  mutants: { type: 'boolean' },
  twice: { type: 'boolean' },
  blind: { type: 'boolean' },
  'no-shrink': { type: 'boolean' },
  history: { type: 'string' },
  trace: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

export type RaftFlags = { readonly [Name in keyof typeof raftFlags]?: string | boolean | undefined }

export const raftHelp = `npm run sim -- raft [options]

Runs the Raft core in a seeded world full of faults, checks every promise after every step and the
clients' history at the end. Exit code 1, the replay command and the shortest fault list that still
fails, if a promise is broken.

  --members N     first voters, 1-9                        (${defaultOptions.members})
  --clients N     clients, 1-64                            (${defaultOptions.clients})
  --ops N         operations of all clients, 1-100000      (${defaultOptions.ops})
  --keys N        keys they use, 1-1000                    (${defaultOptions.keys})
  --seed N        first seed                               (1)
  --seeds N       how many seeds, counting up              (1; with --mutants 500)
  --faults LIST   kinds of fault, comma-separated, or none (all)
                  ${raftFaultKinds.slice(0, 9).join(',')},
                  ${raftFaultKinds.slice(9).join(',')}
  --only IDS      only these faults of the seed's schedule (needs one seed); none: --only -
  --history FILE  the clients' history, one JSON object a line: of the first seed that failed, or of
                  the first
  --trace FILE    everything that happened, one JSON object a line (needs one seed)
  --twice         run each seed twice and compare the trace hashes
  --blind         nobody looks inside: only the clients' history, progress and the core's own invariants
                  are checked (with --mutants: what would be noticed by these alone)
  --no-shrink     do not look for the shortest fault list of a failure
  --mutate NAME   put a named fault into the core
  --mutants       put each named fault into the core in turn, until a seed notices it; exit code 1 if
                  one survives
  --json          the result as one JSON object on standard output; progress stays on standard error

Mutants: ${mutants.map(({ name }) => name).join(' ')}
`

/** The command, or what is wrong with it. */
export function raftCommandOf(flags: RaftFlags): RaftCommand | string {
  const problems: string[] = []
  const integer = (name: keyof RaftFlags, fallback: number, low: number, high: number): number => {
    const text = flags[name]
    if (text === undefined) return fallback
    const value = Number(text)
    if (/^\d+$/.test(String(text)) && value >= low && value <= high) return value
    problems.push(`--${name} takes a whole number from ${low} to ${high}, not "${text}"`)
    return fallback
  }
  const isHunt = flags.mutants === true
  const mutate = textOf(flags.mutate)
  const faults = faultsOf(textOf(flags.faults), problems)
  const seeds = integer('seeds', isHunt ? 500 : 1, 1, 10_000_000)
  const only = idsOf(textOf(flags.only), problems)
  if (mutate !== undefined && !mutantNamed(mutate))
    problems.push(`--mutate: there is no mutant "${mutate}"; see --help`)
  if (isHunt && mutate !== undefined) problems.push('--mutants and --mutate exclude each other')
  if (only && seeds !== 1) problems.push('--only needs a single seed')
  if (flags.trace !== undefined && (seeds !== 1 || isHunt)) problems.push('--trace needs a single seed')
  const command: RaftCommand = {
    options: {
      members: integer('members', defaultOptions.members, 1, 9),
      clients: integer('clients', defaultOptions.clients, 1, 64),
      ops: integer('ops', defaultOptions.ops, 1, 100_000),
      keys: integer('keys', defaultOptions.keys, 1, 1_000),
      faults,
      isBlind: flags.blind === true,
    },
    seed: integer('seed', 1, 0, Number.MAX_SAFE_INTEGER - 10_000_000),
    seeds,
    only,
    mutate,
    isHunt,
    isTwice: flags.twice === true,
    isShrinking: flags['no-shrink'] !== true,
    isJson: flags.json === true,
    history: textOf(flags.history),
    trace: textOf(flags.trace),
  }
  return problems.length > 0 ? problems.join('\n') : command
}

/** The command that runs one seed, or a part of its faults, again. */
export function replayCommand({ options, mutate }: RaftCommand, seed: number, only?: readonly number[]): string {
  const { members, clients, ops, keys, faults } = options
  const parts = [`npm run sim -- raft --members ${members} --clients ${clients} --ops ${ops} --keys ${keys}`]
  parts.push(`--seed ${seed} --faults ${faults.join() || 'none'}`)
  if (options.isBlind) parts.push('--blind')
  if (mutate !== undefined) parts.push(`--mutate ${mutate}`)
  if (only) parts.push(`--only ${only.join() || '-'}`)
  return parts.join(' ')
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function faultsOf(text: string | undefined, problems: string[]): readonly RaftFaultKind[] {
  if (text === undefined || text === 'all') return raftFaultKinds
  if (text === 'none') return []
  const names = text.split(',').map(name => name.trim())
  const unknown = names.filter(name => !raftFaultKinds.some(kind => kind === name))
  if (unknown.length > 0)
    problems.push(
      `--faults: no kind of fault is called "${unknown.join('", "')}"; there are ${raftFaultKinds.join(', ')}`,
    )
  return raftFaultKinds.filter(kind => names.includes(kind))
}

function idsOf(text: string | undefined, problems: string[]): readonly number[] | undefined {
  if (text === undefined) return undefined
  if (text === '-') return []
  const ids = text.split(',').map(Number)
  if (ids.some(id => !Number.isInteger(id) || id < 0)) problems.push(`--only takes numbers of faults, not "${text}"`)
  return ids
}
