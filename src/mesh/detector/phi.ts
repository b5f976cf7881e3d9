/**
 * Phi, the accrual failure detector's figure (Hayashibara et al. 2004): -log10 of the chance that a peer which is alive stays
 * silent for so long. 1 is one in ten, 3 one in a thousand. Published per peer; no verdict hangs on it.
 */

/** Gaps between signs of life, summed up with weights that fade, so that nothing grows. */
export interface Rhythm {
  readonly lastMs: number
  readonly meanMs: number
  readonly varianceMs2: number
}

/** Weight of the newest gap: the last thirty or so count. */
const gain = 1 / 16
/** A rhythm more even than this is chance: the deviation counts as at least so much of the mean. */
const deviationMin = 0.1
/** -log10 of the smallest chance that a double tells from none. */
const phiMax = 300

export function firstBeat(nowMs: number, expectedMs: number): Rhythm {
  return { lastMs: nowMs, meanMs: expectedMs, varianceMs2: (expectedMs / 4) ** 2 }
}

export function nextBeat(rhythm: Rhythm, nowMs: number): Rhythm {
  const offMs = nowMs - rhythm.lastMs - rhythm.meanMs
  const varianceMs2 = (1 - gain) * (rhythm.varianceMs2 + gain * offMs * offMs)
  return { lastMs: nowMs, meanMs: rhythm.meanMs + gain * offMs, varianceMs2 }
}

export function phiOf({ lastMs, meanMs, varianceMs2 }: Rhythm, nowMs: number): number {
  const deviationMs = Math.max(Math.sqrt(varianceMs2), deviationMin * meanMs)
  const y = (nowMs - lastMs - meanMs) / deviationMs
  // The tail of the normal distribution, by its logistic approximation (Bowling et al. 2009; off by 0.0002 at most).
  const exponent = y * (1.5976 + 0.070566 * y * y)
  const phi = exponent > 30 ? exponent / Math.LN10 : Math.log10(1 + Math.exp(exponent))
  return Math.min(phiMax, phi)
}
