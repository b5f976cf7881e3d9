/** Runs somebody else's regular expression where it can be stopped: one that never ends must not freeze the page. */
import { matchRanges } from './ranges.ts'

export interface RangesRequest {
  readonly pattern: string
  readonly flags: string
  readonly lines: readonly string[]
}

self.postMessage('ready')
self.onmessage = ({ data }: MessageEvent<RangesRequest>) => {
  self.postMessage(data.lines.map(line => matchRanges(data.pattern, data.flags, line)))
}
