/** How the clocks of Raft run, in words. */
import type { TimingView } from '../../consensus/decisions/types.ts'
import { count } from '../format.ts'

export function clockWords({ preset, heartbeatMs, electionMs, pace }: TimingView & { readonly pace: number }): string {
  const slow = pace > 1 ? `; ${count(Math.round(10 * pace) / 10)} times slower now` : ''
  return `${preset}: heartbeat ${count(heartbeatMs)} ms, election ${count(electionMs)} to ${count(2 * electionMs)} ms${slow}`
}
