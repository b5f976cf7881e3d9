/** `npm run bench -- NAME [options]`: one benchmark, always beside a baseline measured in the same run. docs/performance.md has the figures. */

const benchmarks: Record<
  string,
  { readonly what: string; readonly load: () => Promise<{ run(args: string[]): Promise<void> }> }
> = {
  join: { what: 'page navigation to a usable mesh', load: () => import('./join.ts') },
  dial: { what: 'one link after the other', load: () => import('./dial.ts') },
  rtt: { what: 'round trips and throughput of one link', load: () => import('./rtt.ts') },
  broadcast: { what: 'latency, delivery and rate of broadcasts', load: () => import('./broadcast.ts') },
  gossip: { what: 'broadcasts of many tabs beside a full mesh of bare channels', load: () => import('./gossip.ts') },
  job: { what: 'one job on one tab and on many', load: () => import('./job.ts') },
  leave: { what: 'how soon the others notice a closed tab', load: () => import('./leave.ts') },
  raft: { what: 'decisions of real tabs: rate, latency, failover', load: () => import('./raft.ts') },
  crdt: { what: 'edits and synchronisation of a shared document', load: () => import('./crdt.ts') },
  keystroke: { what: 'from a keystroke to the screen of another tab', load: () => import('./keystroke.ts') },
  storage: { what: 'a document’s edits on their way to IndexedDB', load: () => import('./storage.ts') },
  flood: { what: 'what the others keep while a member floods the room, in Node', load: () => import('./flood.ts') },
  failover: { what: 'decisions after the leader is closed, again and again', load: () => import('./failover.ts') },
  'raft-core': { what: 'commits per second of the Raft core, in Node', load: () => import('./raft-core.ts') },
}

const [chosen = '', ...args] = process.argv.slice(2)
const benchmark = benchmarks[chosen]
if (!benchmark) {
  console.error('npm run bench -- NAME [--browser chromium|firefox] [--hidden] [--tabs 3,10,20] [--count N]\n')
  for (const [known, { what }] of Object.entries(benchmarks)) console.error(`  ${known.padEnd(10)} ${what}`)
  process.exit(2)
}
const { run } = await benchmark.load()
await run(args)

export {}
