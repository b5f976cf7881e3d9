/**
 * The Raft core alone: members in one thread, storage in memory, no network. Beside it, in the same run, the best rival in
 * TypeScript: the RawNode of @coaty/consensus.raft, a port of etcd's core. `npm run bench -- raft-core [--members 3,5] [--seconds 2]`
 */
import { cpus } from 'node:os'
import { pathToFileURL } from 'node:url'
import { type Row, table } from './support/numbers.ts'
import { coatyRoom } from './support/raft-coaty.ts'
import { ourRoom, type RaftRoom } from './support/raft-ours.ts'

/** A payload of 100 bytes, the same object for everybody: copying is not what is measured. */
const PAYLOAD = 'x'.repeat(100)
const BATCH = 100
const ROUNDS = 5
const COUNTED_COMMITS = 1_000

interface Result extends Row {
  readonly core: string
  readonly members: number
  readonly load: 'one at a time' | 'batches of 100'
  readonly commitsPerSecond: number
  /** Of processor time of this process: what remains comparable on a busy machine. */
  readonly commitsPerCpuSecond: number
  readonly messagesPerCommit: number
  readonly bytesPerCommit: number
}

export async function run(args: string[]): Promise<void> {
  const members = option(args, '--members', '3,5').split(',').map(Number)
  const seconds = Number(option(args, '--seconds', '2'))
  const coaty = await coatyRoom()
  if (coaty === undefined)
    console.error('The rival is not installed; to compare run: npm ci --prefix bench --ignore-scripts\n')
  const cores = { tabmesh: ourRoom, ...(coaty && { '@coaty/consensus.raft': coaty }) }
  const results: Result[] = []
  for (const count of members)
    for (const batch of [1, BATCH]) for (const row of compare(cores, count, batch, seconds)) results.push(row)
  const machine = `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}`
  console.log(`raft-core: ${machine}; payload ${PAYLOAD.length} B; median of ${ROUNDS} rounds of ${seconds} s\n`)
  console.log(`${table(results)}\n`)
  console.log(JSON.stringify({ name: 'raft-core', machine, payloadBytes: PAYLOAD.length, seconds, rows: results }))
}

type MakeRoom = (members: number) => RaftRoom

/** The cores take turns, so that a machine that warms up or slows down is no advantage to either. */
function compare(cores: Record<string, MakeRoom>, members: number, batch: number, seconds: number): Result[] {
  const rooms = Object.entries(cores).map(([core, make]) => ({
    core,
    make,
    room: make(members),
    rates: [] as Rate[],
  }))
  for (const { room } of rooms) rate(room, batch, seconds / 4)
  for (let round = 0; round < ROUNDS; round++)
    for (const { room, rates } of rooms) rates.push(rate(room, batch, seconds))
  return rooms.map(({ core, make, rates }) => {
    const { messages, bytes } = traffic(make(members), batch)
    return {
      core,
      members,
      load: batch === 1 ? 'one at a time' : 'batches of 100',
      commitsPerSecond: median(rates.map(({ perSecond }) => perSecond)),
      commitsPerCpuSecond: median(rates.map(({ perCpuSecond }) => perCpuSecond)),
      messagesPerCommit: Number(messages.toFixed(2)),
      bytesPerCommit: Math.round(bytes),
    }
  })
}

interface Rate {
  readonly perSecond: number
  readonly perCpuSecond: number
}

function rate(room: RaftRoom, batch: number, seconds: number): Rate {
  const start = performance.now()
  const cpu = process.cpuUsage()
  const from = room.committed
  while (performance.now() - start < seconds * 1_000) for (let turn = 0; turn < 50; turn++) room.commit(PAYLOAD, batch)
  const commits = room.committed - from
  const { user, system } = process.cpuUsage(cpu)
  return { perSecond: (commits * 1e3) / (performance.now() - start), perCpuSecond: (commits * 1e6) / (user + system) }
}

const median = (values: number[]): number => Math.round(values.sort((a, b) => a - b)[values.length >> 1] ?? 0)

/** Messages as JSON, uncompressed, in a run of its own: measuring them costs more than sending them. */
function traffic(room: RaftRoom, batch: number): { messages: number; bytes: number } {
  let messages = 0
  let bytes = 0
  room.onMessage = message => {
    messages++
    bytes += JSON.stringify(message).length
  }
  const from = room.committed
  while (room.committed - from < COUNTED_COMMITS) room.commit(PAYLOAD, batch)
  const commits = room.committed - from
  return { messages: messages / commits, bytes: bytes / commits }
}

function option(args: readonly string[], name: string, fallback: string): string {
  const at = args.indexOf(name)
  return at < 0 ? fallback : (args[at + 1] ?? fallback)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await run(process.argv.slice(2))
