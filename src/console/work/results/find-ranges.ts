/** What to mark in some lines, from a worker that has a deadline. A pattern that is too slow, or does not compile here, marks nothing. */
import { highlightMs } from '../../limits.ts'
import type { Range } from './ranges.ts'
import type { RangesRequest } from './ranges-worker.ts'

export function findRanges(request: RangesRequest): Promise<readonly (readonly Range[])[]> {
  const worker = new Worker(new URL('./ranges-worker.ts', import.meta.url), { type: 'module', name: 'tabmesh-marks' })
  return new Promise(resolve => {
    const finish = (ranges: readonly (readonly Range[])[]) => {
      clearTimeout(deadline)
      worker.terminate()
      resolve(ranges)
    }
    // The clock starts with the script: loading it may take longer than the search.
    let deadline = setTimeout(() => finish([]), 10 * highlightMs)
    worker.onmessage = ({ data }: MessageEvent<'ready' | Range[][]>) => {
      if (data !== 'ready') return finish(data)
      clearTimeout(deadline)
      deadline = setTimeout(() => finish([]), highlightMs)
      worker.postMessage(request)
    }
    worker.onerror = () => finish([])
  })
}
