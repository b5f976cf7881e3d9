/** How long answers take, smoothed as TCP does it (RFC 6298 §2). Pure. */

/** A smoothed round trip and its mean deviation, ms; undefined before the first answer. */
export interface RoundTrip {
  smoothRttMs: number | undefined
  rttDeviationMs: number
}

/** Takes one more measurement in, in place. */
export function measured(trip: RoundTrip, rttMs: number): void {
  if (trip.smoothRttMs === undefined) {
    trip.smoothRttMs = rttMs
    trip.rttDeviationMs = Math.max(rttMs / 2, trip.rttDeviationMs)
    return
  }
  trip.rttDeviationMs += (Math.abs(trip.smoothRttMs - rttMs) - trip.rttDeviationMs) / 4
  trip.smoothRttMs += (rttMs - trip.smoothRttMs) / 8
}

/** What a round trip takes when it takes long, so many deviations above the usual, ms; 0 where none was measured. */
export function slowMs(trip: RoundTrip | undefined, deviations = 4): number {
  return trip?.smoothRttMs === undefined ? 0 : trip.smoothRttMs + deviations * trip.rttDeviationMs
}
