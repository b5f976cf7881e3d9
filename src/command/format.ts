/** How values are written for people. Every number keeps its unit; widths stay steady, so that nothing moves when values change. */

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** `1.5 MiB`: powers of 1024, as the limits are. */
export function bytes(count: number): string {
  let unit = 0
  let value = count
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1024
    unit++
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1
  return `${value.toFixed(digits)} ${byteUnits[unit]}`
}

export function bytesPerSecond(rate: number): string {
  return `${bytes(Math.round(rate))}/s`
}

/** How long something took: `840 ms`, `3.4 s`, `2 min 05 s`, `1 h 04 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`
}

/** A round trip; `–` while it is unknown. */
export function roundTrip(ms: number | undefined): string {
  if (ms === undefined) return '–'
  return ms < 9.95 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`
}

/** `now`, `12 s ago`, `3 min ago`, `2 h ago`, `5 d ago`. A clock that is a little ahead says `now`. */
export function ago(atMs: number, nowMs: number): string {
  const seconds = Math.floor((nowMs - atMs) / 1_000)
  if (seconds < 2) return 'now'
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`
  return `${Math.floor(seconds / 86_400)} d ago`
}

/** The absolute time behind a relative one, to the millisecond, in the reader's zone. */
export function absolute(atMs: number): string {
  const at = new Date(atMs)
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
  return `${date} ${time}.${String(at.getMilliseconds()).padStart(3, '0')}`
}

const grouped = new Intl.NumberFormat('en-US')

export function count(value: number): string {
  return grouped.format(value)
}

/** `1 peer`, `3 peers`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** Enough of an id to tell it from others: its end, since all PeerIds of Ed25519 begin alike. */
export function shortId(id: string): string {
  return id.length <= 10 ? id : `…${id.slice(-8)}`
}

export function shortHash(hash: string): string {
  return hash.length <= 8 ? hash : `${hash.slice(0, 8)}…`
}

/** Two letters for a disc: `Brisk Otter` is `BO`, `Ada` is `AD`. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u)
  const first = [...(words[0] ?? '')]
  const second = words.length > 1 ? [...(words.at(-1) ?? '')][0] : first[1]
  return `${first[0] ?? '?'}${second ?? ''}`.toUpperCase()
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** `lab, internet or auto`. */
export function anyOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

/** Rows in columns, two blanks apart; the first may be a heading. Numbers are set right where every cell of a column but the heading is one. */
export function columns(rows: readonly (readonly string[])[], indent = ''): string {
  const width = Math.max(0, ...rows.map(row => row.length))
  const isNumber = (column: number) => rows.slice(1).every(row => /^([\d.,]+( \w+)?|–)?$/u.test(row[column] ?? ''))
  const sizes = Array.from({ length: width }, (_, column) =>
    Math.max(...rows.map(row => [...(row[column] ?? '')].length)),
  )
  const right = sizes.map((_, column) => rows.length > 1 && isNumber(column))
  const cell = (words: string, column: number) => {
    const blanks = ' '.repeat(Math.max(0, (sizes[column] ?? 0) - [...words].length))
    return right[column] ? blanks + words : words + blanks
  }
  return rows.map(row => `${indent}${row.map(cell).join('  ')}`.trimEnd()).join('\n')
}
