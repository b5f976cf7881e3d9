/**
 * Six peers in one process over memory links, all as busy as they can be: with an idle seventh member, and with one that floods, linked to all
 * of them. What it costs the flooder itself is in the figures too, since it runs in the same thread; so they are lower than between machines.
 * `npm run bench -- flood [--seconds 5]`
 */
import '../test/support/polyfill.ts'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { FloodRoom, turn } from '../test/mesh/support/flood-room.ts'
import { type Row, rounded, table } from './support/numbers.ts'

const names = ['Ada', 'Bob', 'Cyd', 'Dee', 'Eli', 'Fay']
/** Messages of each peer that wait for their acknowledgement at a time. */
const underWay = 4
const payload = 'x'.repeat(100)
/** In each turn of the event loop, to each neighbour; and batches of one broadcast. */
const floods = [
  { what: 'nobody floods', frames: 0, batches: 0 },
  { what: '500 messages a turn', frames: 500, batches: 0 },
  { what: '50 broadcasts a turn', frames: 0, batches: 50 },
] as const

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { seconds: { type: 'string', default: '5' } } })
  const seconds = Number(values.seconds)
  const room = await FloodRoom.open(names, names.length)
  await room.prepare(20_000)
  await measure(room, seconds, 0, 0)
  const rows: Row[] = []
  let calm = 0
  for (const { what, frames, batches } of floods) {
    const { others, flood, cpuSeconds, turns } = await measure(room, seconds, frames, batches)
    const rate = others / cpuSeconds
    if (frames + batches === 0) calm = rate
    rows.push({
      what,
      'deliveries / CPU s': Math.round(rate),
      kept: rounded(rate / calm),
      'deliveries / turn': rounded(others / turns),
      'of the flood / turn': rounded(flood / turns),
    })
  }
  const machine = `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}`
  console.log(`flood: ${machine}\n\n${table(rows)}\n\n${JSON.stringify({ name: 'flood', machine, seconds, rows })}`)
  await room.close()
}

async function measure(room: FloodRoom, seconds: number, frames: number, batches: number) {
  const { peers } = room
  const before = room.heard
  const cpu = process.cpuUsage()
  const endMs = performance.now() + 1_000 * seconds
  const isOn = () => performance.now() < endMs
  let turns = 0
  const sender = async (at: number) => {
    const next = peers[(at + 1) % peers.length]
    while (isOn() && next) await peers[at]?.send(next.id, 'work', payload)
  }
  const caster = async (at: number) => {
    for (; isOn(); await turn()) await peers[at]?.broadcast('news', payload)
  }
  const flooder = async () => {
    for (; isOn() && frames + batches > 0; await turn()) await room.flood(frames, batches)
  }
  const counter = async () => {
    for (; isOn(); await turn()) turns++
  }
  const senders = peers.flatMap((_, at) => Array.from({ length: underWay }, () => sender(at)))
  await Promise.all([...senders, ...peers.map((_, at) => caster(at)), flooder(), counter()])
  const { user, system } = process.cpuUsage(cpu)
  const { heard } = room
  return {
    others: heard.sends + heard.broadcasts - before.sends - before.broadcasts,
    flood: heard.flood - before.flood,
    cpuSeconds: (user + system) / 1e6,
    turns,
  }
}
