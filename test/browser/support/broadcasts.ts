/** Broadcasts of 100 B, timed where they arrive: for benchmarks, and for the comparison of hidden with visible tabs. */
import type { JSHandle } from 'puppeteer-core'
import type { MeshHandle } from '../../../src/engine/handle.ts'
import { idOf, meshOf, type Tab } from './tabs.ts'

const payloadBytes = 100
const quietIntervalMs = 100

declare global {
  /** Ends the wait of a tab that has said something. */
  var goOn: (() => void) | undefined
  /** What this tab heard: latency in ms of each broadcast, and when the last one came. */
  var heard: { latencies: number[]; lastAtMs: number }
}

export interface Heard {
  readonly latencies: readonly number[]
  /** Broadcasts that should have been heard, all tabs together. */
  readonly expected: number
  /** From the first broadcast to the last one heard. */
  readonly tookMs: number
}

/**
 * One broadcast each 100 ms, from a tab in turn. Node keeps the beat: a hidden page has no timer that does. The tab answers Node when the next
 * one is about to speak: answers, each 2 ms of processor time, would else be counted with the broadcast.
 */
export async function sayQuietly(tabs: readonly Tab[], count: number): Promise<Heard> {
  await listen(tabs)
  const startedAtMs = Date.now()
  const meshes = await Promise.all(tabs.map(meshOf))
  for (let index = 0; index < count; index++) {
    const mesh = meshes[index % tabs.length] as JSHandle<MeshHandle>
    const said = say(mesh, 1, true)
    await new Promise(resolve => setTimeout(resolve, quietIntervalMs))
    await tabs[index % tabs.length]?.page.evaluate(() => globalThis.goOn?.())
    await said
  }
  return collect(tabs, { expected: (tabs.length - 1) * count, startedAtMs, timeoutMs: 5_000 })
}

/** All at once, from the first tab, or shared among the first few. */
export async function sayInBurst(tabs: readonly Tab[], count: number, speakers = 1): Promise<Heard> {
  await listen(tabs)
  const each = Math.ceil(count / speakers)
  const meshes = await Promise.all(tabs.slice(0, speakers).map(meshOf))
  const startedAtMs = Math.min(...(await Promise.all(meshes.map(mesh => say(mesh, each)))))
  return collect(tabs, { expected: (tabs.length - 1) * each * speakers, startedAtMs, timeoutMs: 30_000 })
}

/** Starts counting afresh in each tab. */
async function listen(tabs: readonly Tab[]): Promise<void> {
  for (const tab of tabs) {
    const mesh = await meshOf(tab)
    await mesh.evaluate(mesh => {
      const isFirst = globalThis.heard === undefined
      globalThis.heard = { latencies: [], lastAtMs: 0 }
      if (!isFirst) return
      mesh.subscribe('bench.broadcast', payload => {
        const now = performance.timeOrigin + performance.now()
        const { atMs } = payload as unknown as { atMs: number }
        globalThis.heard.latencies.push(now - atMs)
        globalThis.heard.lastAtMs = now
      })
    })
  }
  await Promise.all(tabs.map(idOf)) // one more turn, so that each engine knows of the subscription
}

async function say(mesh: JSHandle<MeshHandle>, count: number, waits = false): Promise<number> {
  return mesh.evaluate(
    async (mesh, count, payloadBytes, waits) => {
      const fillers = Array.from({ length: count }, () => {
        // Beside the stamp, its name and the number; random, so that little is saved by deflating it.
        const bytes = crypto.getRandomValues(new Uint8Array((payloadBytes - 40) / 2))
        return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
      })
      const released = waits && new Promise<void>(resolve => (globalThis.goOn = resolve))
      const startedAtMs = performance.timeOrigin + performance.now()
      const broadcasts = fillers.map((filler, number) =>
        mesh.broadcast('bench.broadcast', { atMs: performance.timeOrigin + performance.now(), number, filler }),
      )
      await Promise.all(broadcasts)
      await released
      return startedAtMs
    },
    count,
    payloadBytes,
    waits,
  )
}

/** As soon as all have come, or the time is up. */
async function collect(
  tabs: readonly Tab[],
  { expected, startedAtMs, timeoutMs }: { expected: number; startedAtMs: number; timeoutMs: number },
): Promise<Heard> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const heard = await Promise.all(tabs.map(tab => tab.page.evaluate(() => globalThis.heard)))
    const latencies = heard.flatMap(({ latencies }) => latencies)
    const tookMs = Math.max(...heard.map(({ lastAtMs }) => lastAtMs)) - startedAtMs
    if (latencies.length >= expected || Date.now() > deadline) return { latencies, expected, tookMs }
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}
