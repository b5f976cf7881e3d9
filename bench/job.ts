/** One job on one tab and on many: how much sooner it is done, and that the result is the same. */
import { closeTab, meshOf, type Tab } from '../test/browser/support/tabs.ts'
import { type Row, rounded, summary } from './support/numbers.ts'
import { report } from './support/report.ts'
import { readOptions, Scene } from './support/scene.ts'

/** Bytes of text, made of the sample corpus over and over. */
const textBytes = 40 * 1024 * 1024

export async function run(args: string[]): Promise<void> {
  const options = readOptions(args, { tabs: [1, 2, 4], count: 3 })
  await Scene.with(options, async scene => {
    const rows: Row[] = []
    const hashes = new Set<string>()
    let alone: number | undefined
    for (const count of options.tabs) {
      const tabs = await scene.mesh(count)
      const runs: number[] = []
      for (let index = 0; index < options.count; index++) {
        const { ms, hash } = await countWords(tabs[0] as Tab)
        runs.push(ms)
        hashes.add(hash)
      }
      const { p50, max } = summary(runs)
      alone ??= p50
      const rate = rounded(textBytes / 1e6 / (p50 / 1_000))
      rows.push({ what: `${count} tabs`, p50, max, 'MB/s': rate, 'speed-up': rounded(alone / p50) })
      for (const tab of tabs) await closeTab(tab)
    }
    if (hashes.size !== 1) throw new Error(`results differ: ${[...hashes].join(', ')}`)
    report('job', options, await scene.versions(), rows)
  })
}

async function countWords(tab: Tab): Promise<{ ms: number; hash: string }> {
  const mesh = await meshOf(tab)
  return mesh.evaluate(async (mesh, textBytes) => {
    const index = (await (await fetch('sample/index.json')).json()) as { inputs: { name: string }[] }
    const texts = await Promise.all(
      index.inputs.map(async ({ name }) => (await fetch(`sample/${encodeURIComponent(name)}`)).text()),
    )
    const corpus = new Blob([texts.join('\n')])
    const copies = Math.ceil(textBytes / corpus.size)
    const inputs = Array.from({ length: copies }, (_, copy) => new File([corpus], `copy-${copy}.txt`))
    const startedAt = performance.now()
    const result = await mesh.map({
      program: { kind: 'capability', capability: 'text.count-words', options: { top: 50 } },
      inputs,
    })
    return { ms: performance.now() - startedAt, hash: JSON.stringify(result) }
  }, textBytes)
}
