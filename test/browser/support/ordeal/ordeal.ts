/**
 * Clients decide through real tabs while one trouble after the other befalls whoever leads. What must hold: the recorded history is
 * linearizable, no acknowledged write is missing at the end, no term had two leaders, and nobody was elected while all was calm.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../../../src/base/random.ts'
import { checkLinearizable, type Verdict } from '../../../../src/simulator/checkers/linearizability.ts'
import { registerModel } from '../../../../src/simulator/checkers/models.ts'
import type { BrowserName } from '../browsers.ts'
import { waitForLeader } from '../deciding.ts'
import { percentile } from '../percentile.ts'
import type { Stage } from '../stage.ts'
import type { Placement } from '../tabs.ts'
import { Clients } from './clients.ts'
import { Elections } from './elections.ts'
import { befall, type Cast, isPossible, openTroubled, present, type Trouble, troubles, victimOf } from './troubles.ts'

const clients = 4
/** The last trouble is over, and everybody must find back within so long, ms. */
const recoverMs = 30_000

export interface OrdealOptions {
  readonly stage: Stage
  /** One tab for each. */
  readonly browsers: readonly BrowserName[]
  readonly placement: Placement
  readonly random: Random
  /** How long nothing is done to anybody, and how long there is trouble, ms. */
  readonly calmMs: number
  readonly troubleMs: number
  /** No more than so many troubles; as many as there is time for without it. */
  readonly troublesMax?: number
  /** Between the end of one trouble and the beginning of the next, ms. */
  readonly restMs: number
  readonly progress?: (text: string) => void
  /** Puts the tabs where they should be (hidden ones behind another), after each was opened. */
  readonly settle?: () => Promise<void>
}

export interface OrdealOutcome {
  readonly operations: number
  readonly outcomes: Readonly<Record<string, number>>
  readonly p50Ms: number
  readonly p99Ms: number
  /** How often each trouble came, and the longest time in which no client was answered from then to the next one, ms. */
  readonly troubles: Readonly<Record<string, { readonly times: number; readonly longestGapMs: number }>>
  readonly foundingMs: number
  readonly electionsInCalm: number
  readonly elections: Readonly<Record<string, number>>
  readonly highestTerm: number
  readonly doubledTerms: readonly string[]
  readonly missing: readonly string[]
  readonly verdict: Verdict
}

export async function ordeal(options: OrdealOptions): Promise<OrdealOutcome> {
  const {
    stage,
    browsers,
    placement,
    random,
    calmMs,
    troubleMs,
    restMs,
    troublesMax = Number.POSITIVE_INFINITY,
  } = options
  const { progress = () => {}, settle = async () => {} } = options
  const cast: Cast = { stage, room: stage.room(), random, placement, tabs: [] }
  for (const name of browsers) await openTroubled(cast, name)
  await settle()
  const startedAtMs = Date.now()
  await waitForLeader(present(cast))
  const foundingMs = Date.now() - startedAtMs

  const elections = new Elections(() => present(cast))
  const asked = new Clients(() => present(cast), random)
  await elections.look()
  const before = elections.count
  elections.watch()
  const running = asked.run(clients)
  await sleep(calmMs)
  await elections.look()
  const electionsInCalm = elections.count - before

  const befallen: Record<string, { times: number; longestGapMs: number }> = {}
  const untilMs = Date.now() + troubleMs
  for (let at = 0; at < troublesMax && Date.now() < untilMs; at++) {
    const victim = await victimOf(cast)
    const trouble = troubles[at % troubles.length] as Trouble
    if (!isPossible(trouble, victim)) continue
    const { times = 0, longestGapMs = 0 } = befallen[trouble] ?? {}
    asked.takeGapMs()
    progress(`${trouble}; ${asked.operations.length} operations, ${elections.count} elections`)
    await befall(cast, trouble, victim)
    await settle()
    await sleep(restMs)
    befallen[trouble] = { times: times + 1, longestGapMs: Math.max(longestGapMs, asked.takeGapMs()) }
  }
  asked.stop()
  await running
  await waitForLeader(present(cast), recoverMs)
  const missing = await asked.lookAtTheEnd(present(cast))
  await elections.look()
  elections.stop()
  progress(`checking ${asked.operations.length} operations`)
  return {
    operations: asked.operations.length,
    outcomes: asked.outcomes,
    p50Ms: percentile(asked.latenciesMs, 50),
    p99Ms: percentile(asked.latenciesMs, 99),
    troubles: befallen,
    foundingMs,
    electionsInCalm,
    elections: elections.byReason,
    highestTerm: elections.highestTerm,
    doubledTerms: elections.doubled,
    missing,
    verdict: checkLinearizable(registerModel, asked.operations),
  }
}

/** What was promised and did not hold, for people. */
export function brokenPromises({ verdict, missing, doubledTerms, electionsInCalm }: OrdealOutcome): string[] {
  const broken: string[] = []
  if (verdict.kind === 'undecided') broken.push(`the checker could not decide for key ${verdict.key}`)
  if (verdict.kind === 'not-linearizable')
    broken.push(
      `the history is not linearizable: ${JSON.stringify(verdict.unexplained)} after ${JSON.stringify(verdict.order.slice(-8))}`,
    )
  if (missing.length > 0) broken.push(`acknowledged writes are missing: ${missing.join(', ')}`)
  if (doubledTerms.length > 0) broken.push(`two members led in the terms ${doubledTerms.join(', ')}`)
  if (electionsInCalm > 0) broken.push(`${electionsInCalm} elections while nothing was done to anybody`)
  return broken
}
