/** Simulated time is a whole number of microseconds since the world began; a double holds 285 years of them exactly. */

/** Microseconds in a millisecond. */
export const ms = 1_000
/** Microseconds in a second. */
export const second = 1_000_000

/** `3.204s`, for people. */
export function asSeconds(us: number): string {
  return `${(us / second).toFixed(3)}s`
}
