/** `npm run sim -- raft --seed 1 --seeds 50`: whole worlds from seeds, each checked after every event. Exit code 1 on a violation. */
import { parseArgs } from 'node:util'
import * as raft from '../consensus/raft/index.ts'
import { defaultOptions, type RaftFaultKind, raftFaultKinds } from './raft/options.ts'
import { runSeed } from './raft/simulation.ts'

const usage = `npm run sim -- raft [--members 5] [--clients 4] [--ops 500] [--keys 5] [--seed 1] [--seeds 10] [--faults ${raftFaultKinds.join(',')}] [--json]`

function main(): number {
  const { values, positionals } = readArguments()
  if (values.help || positionals[0] !== 'raft') {
    console.log(usage)
    return values.help ? 0 : 2
  }
  const whole = (name: string, text: string | undefined, otherwise: number) => {
    if (text === undefined) return otherwise
    const number = Number(text)
    if (!Number.isInteger(number) || number < 1) fail(`--${name} must be a whole number from 1, not "${text}"`)
    return number
  }
  const faults = values.faults === undefined ? raftFaultKinds : values.faults.split(',').map(faultNamed)
  const options = {
    members: whole('members', values.members, defaultOptions.members),
    clients: whole('clients', values.clients, defaultOptions.clients),
    ops: whole('ops', values.ops, defaultOptions.ops),
    keys: whole('keys', values.keys, defaultOptions.keys),
    faults,
  }
  const first = whole('seed', values.seed, 1)
  const seeds = whole('seeds', values.seeds, 10)
  for (let seed = first; seed < first + seeds; seed++) {
    const startMs = performance.now()
    const result = runSeed({ seed, options, raft })
    const speed = result.simulatedUs / 1_000 / (performance.now() - startMs)
    if (values.json) console.log(JSON.stringify({ ...result, faults: result.faults.length }))
    else
      console.log(
        `seed ${seed}: ${result.violation ? 'VIOLATION' : 'ok'}, ${result.events} events, ${result.commits} commits, ` +
          `${result.terms} terms, ${result.faults.length} faults, ${speed.toFixed(0)}x real time, trace ${result.traceHash}`,
      )
    if (!result.violation) continue
    console.error(result.violation)
    console.error(
      `replay: npm run sim -- raft --seed ${seed} --seeds 1 --members ${options.members} --clients ${options.clients} --ops ${options.ops} --keys ${options.keys} --faults ${faults.join(',')}`,
    )
    return 1
  }
  return 0
}

function readArguments() {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        members: text,
        clients: text,
        ops: text,
        keys: text,
        seed: text,
        seeds: text,
        faults: text,
        json: flag,
        help: flag,
      },
    })
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

function faultNamed(name: string): RaftFaultKind {
  const kind = raftFaultKinds.find(known => known === name)
  return kind ?? fail(`there is no fault "${name}"; there are ${raftFaultKinds.join(', ')}`)
}

function fail(message: string): never {
  console.error(`${message}\n${usage}`)
  process.exit(2)
}

process.exitCode = main()
