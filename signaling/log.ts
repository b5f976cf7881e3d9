/** Lifecycle and counts only: the fields are numbers and words of ours, so no room, session or address can slip in. */
type LogEvent =
  | 'started'
  | 'counts'
  | 'stopping'
  | 'stopped'
  | 'store-failed' // details stay out: an adapter's error may quote a room
  | 'socket-failed' // a bug of ours, or a broken frame; `code` is the library's
export type Log = (event: LogEvent, fields?: Readonly<Record<string, number | string>>) => void

/** One line per event on stderr: `2026-01-31T12:00:00.000Z signaling counts sockets=3 rooms=1`. */
export function lineLog(write: (line: string) => void, nowMs: () => number): Log {
  return (event, fields = {}) => {
    const words = Object.entries(fields).map(([name, value]) => `${name}=${value}`)
    write([new Date(nowMs()).toISOString(), 'signaling', event, ...words].join(' '))
  }
}
