/** What a browser costs this machine, from Linux's /proc: CPU time and memory of a process and all its descendants. */
import { readdirSync, readFileSync } from 'node:fs'

const ticksPerSecond = 100 // USER_HZ, the same on every Linux we know

export interface Cost {
  readonly cpuSeconds: number
  /** Proportional set size: pages shared by several processes are divided among them. */
  readonly memoryBytes: number
  readonly processes: number
}

export function costOf(rootPid: number): Cost {
  const parents = new Map<number, number>()
  const cpu = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    // After the name in parentheses, which may hold anything: state, parent, ..., utime (12th), stime (13th).
    const fields = read(`/proc/${name}/stat`)
      ?.replace(/^.*\) /s, '')
      .split(' ')
    if (!fields) continue
    parents.set(Number(name), Number(fields[1]))
    cpu.set(Number(name), (Number(fields[11]) + Number(fields[12])) / ticksPerSecond)
  }
  const isOurs = (pid: number): boolean => {
    const parent = parents.get(pid)
    return pid === rootPid || (parent !== undefined && parent > 1 && isOurs(parent))
  }
  const family = [...parents.keys()].filter(isOurs)
  const sum = (of: (pid: number) => number) => family.reduce((total, pid) => total + of(pid), 0)
  return {
    cpuSeconds: sum(pid => cpu.get(pid) ?? 0),
    memoryBytes: sum(pid => 1024 * Number(/^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '')?.[1] ?? 0)),
    processes: family.length,
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined // it has ended
  }
}
