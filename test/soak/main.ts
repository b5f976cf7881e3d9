/** `npm run soak -- NAME [options]`: real tabs for minutes or hours, watched for what short tests cannot see. Exit code 1 where a promise broke. */
import { type SoakDefaults, type SoakOptions, soakOptions, UsageError } from './options.ts'

interface Soak {
  readonly what: string
  readonly defaults: SoakDefaults
  readonly load: () => Promise<{ run(options: SoakOptions): Promise<readonly string[]> }>
}

const soaks: Record<string, Soak> = {
  churn: {
    what: 'a tab joins or leaves every 2 s: no ghosts, no leaks, every broadcast reaches all survivors',
    defaults: { tabs: 16, minutes: 10 },
    load: () => import('./churn.ts'),
  },
  crowd: {
    what: 'many tabs in one mesh: links each, broadcasts, CPU and memory of an idle tab',
    defaults: { tabs: 64, minutes: 1 },
    load: () => import('./crowd.ts'),
  },
  typing: {
    what: 'all type in one document through cuts, reloads, closes and crashes: equal, nothing lost, nobody shown who is gone',
    defaults: { tabs: 16, minutes: 2, mixes: true },
    load: () => import('./typing.ts'),
  },
  decisions: {
    what: 'the tab that leads is closed, crashed, frozen, reloaded, and links are cut: decisions stay linearizable',
    defaults: { tabs: 5, minutes: 1, isVisible: true, mixes: true },
    load: () => import('./decisions.ts'),
  },
  verdicts: {
    what: 'all cores loaded: nobody who is there is given up',
    defaults: { tabs: 8, minutes: 60 },
    load: () => import('./verdicts.ts'),
  },
}

const [chosen = '', ...args] = process.argv.slice(2)
const soak = soaks[chosen]
if (!soak) {
  console.error(
    'npm run soak -- NAME [--tabs N] [--minutes N] [--browser chromium|firefox|both] [--visible|--hidden]\n',
  )
  for (const [name, { what, defaults }] of Object.entries(soaks))
    console.error(`  ${name.padEnd(10)} ${what} (${defaults.tabs} tabs, ${defaults.minutes} min)`)
  process.exit(2)
}

try {
  const { run } = await soak.load()
  const broken = await run(soakOptions(args, soak.defaults))
  for (const promise of broken) console.error(`BROKEN: ${promise}`)
  process.exitCode = broken.length > 0 ? 1 : 0
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
