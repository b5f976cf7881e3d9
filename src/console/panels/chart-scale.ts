/** Ends of a chart's axes. Pure. */

/** The next of 1, 2, 5 times a power of ten that is not below `value`; at least `least`, so that noise does not fill the picture. */
export function niceCeiling(value: number, least: number): number {
  const wanted = Math.max(value, least)
  if (!Number.isFinite(wanted) || wanted <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(wanted))
  // A hair of tolerance: 0.2 / 0.1 is more than 2 in binary.
  const step = [1, 2, 5, 10].find(step => step * power >= wanted * (1 - 1e-9)) ?? 10
  return step * power
}

/** The same for bytes, whose units are powers of 1024: the axis ends at 200 KiB, not at 195.3. */
export function niceBytes(value: number, least: number): number {
  const wanted = Math.max(value, least)
  const unit = 1_024 ** Math.max(0, Math.floor(Math.log2(Math.max(1, wanted)) / 10))
  return niceCeiling(wanted / unit, 0) * unit
}

/** The largest value of some columns with gaps; 0 for none. */
export function largest(columns: readonly (readonly (number | null)[])[]): number {
  let most = 0
  for (const column of columns) for (const value of column) if (value !== null && value > most) most = value
  return most
}
