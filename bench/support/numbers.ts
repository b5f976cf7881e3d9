/** Percentiles, and tables for people. */
import { percentile } from '../../test/browser/support/percentile.ts'

export function summary(values: readonly number[]): {
  samples: number
  p50: number
  p95: number
  p99: number
  max: number
} {
  const at = (percent: number) => rounded(percentile(values, percent))
  return { samples: values.length, p50: at(50), p95: at(95), p99: at(99), max: at(100) }
}

/** Two digits after the point under 100, none above. */
export function rounded(value: number): number {
  return Math.abs(value) < 100 ? Math.round(value * 100) / 100 : Math.round(value)
}

export type Row = Readonly<Record<string, string | number>>

/** Aligned columns, as Markdown takes them. */
export function table(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap(row => Object.keys(row)))]
  const cells = rows.map(row => columns.map(column => String(row[column] ?? '')))
  const widths = columns.map((column, at) => Math.max(column.length, ...cells.map(row => row[at]?.length ?? 0)))
  const line = (row: readonly string[]) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  return [line(columns), line(widths.map(width => '-'.repeat(width))), ...cells.map(line)].join('\n')
}
