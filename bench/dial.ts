/** Dials one peer again and again: from the moment the old link is gone until the new one is authenticated and admitted. */
import { closeTab, idOf, meshOf } from '../test/browser/support/tabs.ts'
import { rounded, summary } from './support/numbers.ts'
import { withRawPair } from './support/raw.ts'
import { report } from './support/report.ts'
import { readOptions, Scene } from './support/scene.ts'

const linkTimeoutMs = 15_000

export async function run(args: string[]): Promise<void> {
  const options = readOptions(args, { tabs: [2], count: 200 })
  await Scene.with(options, async scene => {
    const raw = await withRawPair(scene, dialler =>
      dialler.page.evaluate(async count => {
        const times: number[] = []
        for (let index = 0; index < count; index++) {
          const { session, ms } = await globalThis.raw.dial()
          times.push(ms)
          globalThis.raw.hangUp(session)
        }
        return times
      }, options.count),
    )
    const { times, failures } = await measure(scene, options.count)
    const [bare, ours] = [summary(raw), summary(times)]
    report('dial', options, await scene.versions(), [
      { what: 'raw channel, no server, no authentication', ...bare, failures: 0, ratio: 1 },
      { what: 'tabmesh link, admitted', ...ours, failures, ratio: rounded(ours.p50 / bare.p50) },
    ])
  })
}

async function measure(scene: Scene, count: number): Promise<{ times: number[]; failures: number }> {
  const tabs = await scene.mesh(2)
  const [one, two] = tabs
  if (!one || !two) throw new Error('no tabs')
  const other = await idOf(two)
  const result = await (await meshOf(one)).evaluate(
    async (mesh, other, count, linkTimeoutMs) => {
      const next = (event: 'link-open' | 'link-close') =>
        new Promise<number>((resolve, reject) => {
          const late = setTimeout(() => reject(new Error(`no ${event}`)), linkTimeoutMs)
          const off = mesh.on(event, ({ peer }) => {
            if (peer !== other) return
            clearTimeout(late)
            off()
            resolve(performance.now())
          })
        })
      const times: number[] = []
      let failures = 0
      for (let index = 0; index < count; index++) {
        const closed = next('link-close')
        const opened = closed.then(() => next('link-open'))
        await mesh.cut(other)
        const closedAt = await closed
        mesh.connect(other).catch(() => {}) // the other side's dial may be the one that stands
        await opened.then(
          openedAt => times.push(openedAt - closedAt),
          () => failures++,
        )
      }
      return { times, failures }
    },
    other,
    count,
    linkTimeoutMs,
  )
  for (const tab of tabs) await closeTab(tab)
  return result
}
