/**
 * What goes wrong, and when: a list drawn from the seed before anything runs, so that it can be printed, replayed in part, and
 * shrunk. Each seed has its own temper (swarm testing, Groce et al. 2012): most kinds of fault are absent, the others are
 * rare or frequent, short or long, mild or fierce; a run where everything fails all the time tests less than a thousand that differ.
 */
import { FAULTS_MAX } from './limits.ts'
import { between, chance, exponential, logBetween, type Sfc32 } from './random.ts'
import { asSeconds, ms, second } from './time.ts'

/** Each kind reads `pick` and `strength`, both in [0, 1), in its own way. */
export interface Fault {
  /** Its place in the full schedule of its seed. */
  readonly id: number
  readonly kind: string
  readonly atUs: number
  readonly forUs: number
  /** Whom it hits. */
  readonly pick: number
  readonly strength: number
}

/** The faults of one seed, in order of time. */
export function drawStorm(random: Sfc32, kinds: readonly string[], untilUs: number): Fault[] {
  const drawn: Omit<Fault, 'id'>[] = []
  const presence = between(random, 0.2, 1)
  for (const kind of kinds) {
    // Each kind has a stream of its own: whether one of them is in the list does not change the others.
    const own = random.fork(kind)
    if (!chance(own, presence)) continue
    const gapUs = logBetween(own, 0.3 * second, 20 * second)
    const lengthUs = logBetween(own, 20 * ms, 5 * second)
    const fierceness = own.next()
    for (let atUs = exponential(own, gapUs); atUs < untilUs; atUs += exponential(own, gapUs)) {
      const forUs = Math.round(exponential(own, lengthUs))
      drawn.push({ kind, atUs: Math.round(atUs), forUs, pick: own.next(), strength: own.next() * fierceness })
    }
  }
  drawn.sort((one, other) => one.atUs - other.atUs)
  return drawn.slice(0, FAULTS_MAX).map((fault, id) => ({ id, ...fault }))
}

/** `#12 partition at 3.204s for 1.500s (pick 0.53, strength 0.40)` */
export function describeFault({ id, kind, atUs, forUs, pick, strength }: Fault): string {
  const numbers = `pick ${pick.toFixed(3)}, strength ${strength.toFixed(3)}`
  return `#${id} ${kind} at ${asSeconds(atUs)} for ${asSeconds(forUs)} (${numbers})`
}
