/** How far apart the clocks of two tabs of one machine are: the error of every latency that one tab stamps and another reads. */
import type { Tab } from '../../test/browser/support/tabs.ts'

const channelName = 'bench-clocks'

/** The largest offset of any tab's clock from the first tab's, ms: asked over BroadcastChannel, the quickest of 30 answers counts. */
export async function clockOffsetMs(tabs: readonly Tab[]): Promise<number> {
  const [first, ...others] = tabs
  if (!first) return 0
  const offsets: number[] = []
  for (const other of others) {
    await other.page.evaluate(name => {
      const channel = new BroadcastChannel(name)
      channel.onmessage = ({ data }) => {
        if (data === 'ask') channel.postMessage(performance.timeOrigin + performance.now())
        else if (data === 'end') channel.close()
      }
    }, channelName)
    const offset = await first.page.evaluate(async name => {
      const channel = new BroadcastChannel(name)
      const now = () => performance.timeOrigin + performance.now()
      let best = { tripMs: Number.POSITIVE_INFINITY, offsetMs: 0 }
      for (let round = 0; round < 30; round++) {
        const askedAt = now()
        const theirs = await new Promise<number>(resolve => {
          channel.onmessage = ({ data }) => resolve(data as number)
          channel.postMessage('ask')
        })
        const tripMs = now() - askedAt
        if (tripMs < best.tripMs) best = { tripMs, offsetMs: theirs - (askedAt + tripMs / 2) }
      }
      channel.postMessage('end')
      channel.close()
      return best.offsetMs
    }, channelName)
    offsets.push(Math.abs(offset))
  }
  return Math.max(0, ...offsets)
}
