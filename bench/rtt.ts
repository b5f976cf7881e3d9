/** One link: round trips one after the other, and how much it carries. From engine to engine, and from page to page. */
import { closeTab, idOf, meshOf, type Tab } from '../test/browser/support/tabs.ts'
import { type Row, rounded, summary } from './support/numbers.ts'
import { withRawPair } from './support/raw.ts'
import { report } from './support/report.ts'
import { readOptions, Scene } from './support/scene.ts'

const smallBytes = 100
const smallMessages = 20_000
const chunkBytes = 16 * 1024
const bulkBytes = 64 * 1024 * 1024
/** One message of the mesh; it is cut into frames below. */
const bulkMessageBytes = 512 * 1024

export async function run(args: string[]): Promise<void> {
  const options = readOptions(args, { tabs: [2], count: 1_000 })
  await Scene.with(options, async scene => {
    const bare = await withRawPair(scene, (one, two) => measureRaw(one, two, options.count))
    const tabs = await scene.mesh(2)
    const [one, two] = tabs
    if (!one || !two) throw new Error('no tabs')
    const ours = await measureMesh(one, two, options.count)
    for (const tab of tabs) await closeTab(tab)
    const row = (what: string, times: number[]): Row => {
      const { p50, p95, p99 } = summary(times)
      const base = summary(bare.trips)
      return { what, p50, p95, p99, 'p50 ratio': rounded(p50 / base.p50), 'p99 ratio': rounded(p99 / base.p99) }
    }
    report('rtt', options, await scene.versions(), [
      row('raw channel, page to page, ms', bare.trips),
      row('tabmesh ping, engine to engine, ms', ours.pings),
      row('tabmesh request, page to page, ms', ours.requests),
      { what: 'raw channel, 100 B messages/s', p50: rounded(bare.messagesPerSecond), 'p50 ratio': 1 },
      {
        what: 'tabmesh send, acknowledged, 100 B messages/s',
        p50: rounded(ours.messagesPerSecond),
        'p50 ratio': rounded(ours.messagesPerSecond / bare.messagesPerSecond),
      },
      { what: 'raw channel, MB/s', p50: rounded(bare.bytesPerSecond / 1e6), 'p50 ratio': 1 },
      {
        what: 'tabmesh bulk, encrypted, MB/s',
        p50: rounded(ours.bytesPerSecond / 1e6),
        'p50 ratio': rounded(ours.bytesPerSecond / bare.bytesPerSecond),
      },
    ])
  })
}

async function measureRaw(one: Tab, two: Tab, count: number) {
  const { session } = await one.page.evaluate(() => globalThis.raw.dial())
  const trips = await one.page.evaluate(
    async (session, count, bytes) => (await globalThis.raw.roundTrips(session, count + 50, bytes)).slice(50),
    session,
    count,
    smallBytes,
  )
  const rate = async (messages: number, bytes: number) => {
    const last = two.page.evaluate(messages => globalThis.raw.whenReceived(messages), messages)
    const startedAt = await one.page.evaluate(
      async (session, messages, bytes) => {
        const startedAt = performance.timeOrigin + performance.now()
        await globalThis.raw.flood(session, messages, bytes)
        return startedAt
      },
      session,
      messages,
      bytes,
    )
    return (messages / ((await last) - startedAt)) * 1_000
  }
  const messagesPerSecond = await rate(smallMessages, smallBytes)
  const bytesPerSecond = (await rate(bulkBytes / chunkBytes, chunkBytes)) * chunkBytes
  return { trips, messagesPerSecond, bytesPerSecond }
}

async function measureMesh(one: Tab, two: Tab, count: number) {
  await (await meshOf(two)).evaluate(mesh => {
    mesh.handle('bench.echo', payload => payload)
    mesh.handle('bench.sink', () => null)
    mesh.subscribe('bench.small', () => {})
  })
  const mesh = await meshOf(one)
  const other = await idOf(two)
  return mesh.evaluate(
    async (mesh, other, { count, smallBytes, smallMessages, bulkMessageBytes, bulkBytes }) => {
      const timed = async (call: () => Promise<unknown>) => {
        const times: number[] = []
        for (let index = 0; index < count + 50; index++) {
          const startedAt = performance.now()
          await call()
          if (index >= 50) times.push(performance.now() - startedAt)
        }
        return times
      }
      /** `total` calls, `width` of them under way at any time; calls per second. */
      const rate = async (total: number, width: number, call: () => Promise<unknown>) => {
        const startedAt = performance.now()
        let left = total
        const lane = async () => {
          while (left-- > 0) await call()
        }
        await Promise.all(Array.from({ length: width }, lane))
        return (total / (performance.now() - startedAt)) * 1_000
      }
      const small = new Uint8Array(smallBytes)
      const bulk = new Uint8Array(bulkMessageBytes)
      const pings = await timed(() => mesh.ping(other))
      const requests = await timed(() => mesh.request(other, 'bench.echo', small))
      const messagesPerSecond = await rate(smallMessages, 64, () => mesh.send(other, 'bench.small', small))
      const pushed = () => mesh.request(other, 'bench.sink', bulk, { lane: 'bulk' })
      const bytesPerSecond = (await rate(bulkBytes / bulkMessageBytes, 8, pushed)) * bulkMessageBytes
      return { pings, requests, messagesPerSecond, bytesPerSecond }
    },
    other,
    { count, smallBytes, smallMessages, bulkMessageBytes, bulkBytes },
  )
}
