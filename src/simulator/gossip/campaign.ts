/** `npm run sim -- gossip`: rumours and push-sum among many peers. */
import { type CampaignValues, numberOf } from '../crdt/campaign.ts'
import { gossipDefaults, runAggregation, runGossipSeed } from './simulation.ts'

export const gossipHelp = `npm run sim -- gossip [--peers 1000] [--loss 0.3] [--rumours 1] [--fanout 3] [--seeds 20] [--seed 1]
Rounds until 95 % and until all peers have heard a rumour, messages that carried it, and rounds until push-sum is within a thousandth.
Fails where 95 % take more than 10 rounds, all more than 10 rounds and one anti-entropy interval, or carriers are over 2 per peer.`

export const gossipFlags = {
  help: { type: 'boolean', short: 'h' },
  peers: { type: 'string' },
  loss: { type: 'string' },
  rumours: { type: 'string' },
  fanout: { type: 'string' },
  seeds: { type: 'string' },
  seed: { type: 'string' },
} as const

const roundsMax = 10
const carriersMax = 2

export function runGossipCampaign(
  values: CampaignValues,
  say: (text: string) => void,
  note: (text: string) => void,
): number {
  const first = numberOf(values, 'seed', 1, 2 ** 32)
  const seeds = numberOf(values, 'seeds', 20, 100_000)
  const settings = {
    ...gossipDefaults.settings,
    fanout: numberOf(values, 'fanout', gossipDefaults.settings.fanout, 10),
  }
  const lossRate = Number(values.loss ?? gossipDefaults.lossRate)
  if (!(lossRate >= 0 && lossRate < 1)) throw new Error(`--loss is from 0 to less than 1, not ${values.loss}`)
  const options = {
    peers: numberOf(values, 'peers', gossipDefaults.peers, 5_000),
    rumours: numberOf(values, 'rumours', gossipDefaults.rumours, 500),
    lossRate,
    settings,
  }
  // An offer of anti-entropy and the question after it may each take an interval, with what is sent again.
  const allMax = roundsMax + settings.antiEntropyIntervalMs / settings.intervalMs + 2
  const results = Array.from({ length: seeds }, (_, at) => runGossipSeed(first + at, options))
  const failed = results.filter(({ roundsTo95, roundsToAll, carriersPerPeer }) => {
    const isInTime = roundsTo95 !== undefined && roundsTo95 <= roundsMax
    return !isInTime || roundsToAll === undefined || roundsToAll > allMax || carriersPerPeer > carriersMax
  })
  for (const { seed, roundsTo95, roundsToAll, carriersPerPeer } of failed)
    note(
      `seed ${seed}: 95 % after ${roundsTo95}, all after ${roundsToAll} rounds, ${carriersPerPeer} carriers per peer`,
    )
  const row = (what: string, numbers: readonly (number | undefined)[]) => {
    const known = numbers.flatMap(number => number ?? []).sort((one, other) => one - other)
    const at = (share: number) =>
      (known[Math.min(known.length - 1, Math.floor(share * known.length))] ?? Number.NaN).toFixed(2)
    say(`${what.padEnd(44)} p50 ${at(0.5)}, max ${at(1)}`)
  }
  say(
    `${options.peers} peers, ${lossRate * 100} % loss, ${options.rumours} rumours, fanout ${settings.fanout}, ${seeds} seeds`,
  )
  row(
    'rounds until 95 % have heard',
    results.map(({ roundsTo95 }) => roundsTo95),
  )
  row(
    'rounds until all have heard',
    results.map(({ roundsToAll }) => roundsToAll),
  )
  row(
    'messages with the rumour, per peer',
    results.map(({ carriersPerPeer }) => carriersPerPeer),
  )
  row(
    'offers and questions, per peer and rumour',
    results.map(({ wordsPerPeer }) => wordsPerPeer),
  )
  const sums = Array.from({ length: Math.min(seeds, 5) }, (_, at) =>
    runAggregation(first + at, options.peers, lossRate),
  )
  row(
    'rounds until push-sum is within a thousandth',
    sums.map(({ rounds }) => rounds),
  )
  const unsettled = sums.filter(({ rounds }) => rounds === undefined).length
  say(`${failed.length + unsettled} failed`)
  return failed.length + unsettled > 0 ? 1 : 0
}
