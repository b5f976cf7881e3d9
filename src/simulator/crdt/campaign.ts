/** `npm run sim -- crdt`: many seeds of shared documents under faults, and what they tell. */
import { ms } from '../world/time.ts'
import { type CrdtResult, crdtDefaults, runCrdtSeed } from './simulation.ts'

export const crdtHelp = `npm run sim -- crdt [--seeds 100] [--seed 1] [--peers 5] [--edits 150] [--seconds 40]
Peers edit one document while messages are lost, doubled and late, the room splits, peers freeze, crash and come late.
In the end all copies must be equal, everybody must know it, and nothing may be missing. The same seed is the same run.`

export const crdtFlags = {
  help: { type: 'boolean', short: 'h' },
  seed: { type: 'string' },
  seeds: { type: 'string' },
  peers: { type: 'string' },
  edits: { type: 'string' },
  seconds: { type: 'string' },
} as const

/** What the command line said, by flag. */
export type CampaignValues = { readonly [flag: string]: string | boolean | undefined }

/** Reports the number of the process's exit code: 1 where a seed broke a promise. Throws for a value that makes no sense. */
export async function runCrdtCampaign(
  values: CampaignValues,
  say: (text: string) => void,
  note: (text: string) => void,
): Promise<number> {
  const first = numberOf(values, 'seed', 1, 2 ** 32)
  const seeds = numberOf(values, 'seeds', values.seed === undefined ? 100 : 1, 1_000_000)
  const options = {
    ...crdtDefaults,
    peers: numberOf(values, 'peers', crdtDefaults.peers, 64),
    edits: numberOf(values, 'edits', crdtDefaults.edits, 100_000),
    seconds: numberOf(values, 'seconds', crdtDefaults.seconds, 100_000),
  }
  const results: CrdtResult[] = []
  for (let seed = first; seed < first + seeds; seed++) {
    const result = await runCrdtSeed(seed, options)
    results.push(result)
    if (!result.violation) continue
    note(`seed ${seed}: ${result.violation.message}`)
    const flags = (['peers', 'edits', 'seconds'] as const).flatMap(flag =>
      values[flag] ? [`--${flag} ${values[flag]}`] : [],
    )
    note(['  replay: npm run sim -- crdt', `--seed ${seed}`, ...flags].join(' '))
  }
  const failed = results.filter(({ violation }) => violation).length
  const sum = (pick: (result: CrdtResult) => number) => results.reduce((all, result) => all + pick(result), 0)
  say(
    `${seeds} seeds, ${failed} failed, ${sum(({ events }) => events)} events; trace of the first ${results[0]?.traceHash}`,
  )
  say(`after the last fault, ms: equal ${spread(results.map(({ equalAfterUs }) => equalAfterUs / ms))}`)
  say(`                          known ${spread(results.map(({ knownAfterUs }) => knownAfterUs / ms))}`)
  for (const topic of new Set(results.flatMap(({ carried }) => [...carried.keys()]))) {
    const perEdit = sum(({ carried }) => carried.get(topic)?.messages ?? 0) / (seeds * options.edits)
    say(`${topic.padEnd(15)} ${perEdit.toFixed(2)} messages per edit`)
  }
  return failed > 0 ? 1 : 0
}

export function numberOf(values: CampaignValues, flag: string, fallback: number, most: number): number {
  const value = values[flag]
  if (value === undefined) return fallback
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1 || number > most)
    throw new Error(`--${flag} is a whole number from 1 to ${most}, not ${value}`)
  return number
}

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((one, other) => one - other)
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)
  return `p50 ${at(0.5)}, p95 ${at(0.95)}, max ${at(1)}`
}
