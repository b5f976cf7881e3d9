/** Where bars begin and end, as parts of the width: from zero, to the left where values are negative. Pure. */

export interface BarScale {
  /** Where zero stands, 0 to 1. */
  readonly zero: number
  /** Where a value's bar begins, and how wide it is, 0 to 1. */
  place(value: number): { readonly from: number; readonly width: number }
}

export function barScale(values: readonly number[]): BarScale {
  const low = Math.min(0, ...values)
  const high = Math.max(0, ...values)
  const span = high - low || 1
  const zero = low < 0 ? -low / span : 0
  return {
    zero,
    place(value) {
      const width = Math.abs(value) / span
      return { from: value < 0 ? zero - width : zero, width }
    },
  }
}
