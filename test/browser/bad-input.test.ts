/** What people do wrong ends in a clear message in the tab that did it, and leaves the mesh as it was. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { BrowserName } from './support/browsers.ts'
import { everyTabHearsEveryOther } from './support/conversation.ts'
import { expectResult, startJob } from './support/jobs.ts'
import { Stage, times } from './support/stage.ts'
import { meshOf, type Tab, waitForPeers } from './support/tabs.ts'

const megabyte = 1024 * 1024

describe.each<BrowserName>(['chromium', 'firefox'])('in %s', name => {
  let stage: Stage
  let tabs: Tab[]
  beforeAll(async () => {
    stage = await Stage.shared([name])
    tabs = await stage.tabs(stage.room(), times(3, name))
    for (const tab of tabs) await waitForPeers(tab, 2)
  })
  // Whatever happened: all still hear each other, and the next job is done.
  afterEach(async () => {
    for (const tab of tabs) await waitForPeers(tab, 2)
    await everyTabHearsEveryOther(tabs)
    const program = { kind: 'source', map: '(text) => text.length', reduce: '(parts) => parts[0]' } as const
    const id = await startJob(first(), { program, inputs: [{ name: 'a.txt', text: 'abc' }] })
    await expectResult(tabs, id, 3)
  })
  afterAll(async () => {
    await stage?.clear()
    await stage?.close()
  })
  const first = () => {
    const [tab] = tabs
    if (!tab) throw new Error('no tab')
    return tab
  }

  test.each<[string, string, string, string, RegExp]>([
    ['that never ends', '() => { for (;;) {} }', '(parts) => parts', 'function-timeout', /1 s|time/i],
    ['that throws', '() => { throw new Error("no such luck") }', '(parts) => parts', 'function-failed', /no such luck/],
    ['that returns 100 MB', `() => "x".repeat(${100 * megabyte})`, '(parts) => parts', 'too-large', /MB|MiB|large/i],
    ['that is no JavaScript', '(text) => {', '(parts) => parts', 'function-failed', /./],
    ['that returns no JSON', '() => { const a = {}; a.a = a; return a }', '(parts) => parts', 'function-failed', /./],
    ['that calls itself for ever', 'function f() { return f() + 1 }', '(parts) => parts', 'function-failed', /./],
    ['whose reduce throws', '(text) => 1', '() => { throw new Error("not today") }', 'function-failed', /not today/],
  ])('a function %s fails its job', async (_, map, reduce, code, message) => {
    const mesh = await meshOf(first())
    const refused = await mesh.evaluate(
      (mesh, map, reduce) => {
        const inputs = [{ name: 'a.txt', text: 'some words\n'.repeat(100) }]
        const job = mesh.map({ program: { kind: 'source', map, reduce }, inputs, shardTimeoutMs: 1_000 })
        return job.then(
          result => ({ code: 'none', message: JSON.stringify(result).slice(0, 100) }),
          (error: { code: string; message: string }) => ({ code: error.code, message: error.message }),
        )
      },
      map,
      reduce,
    )
    expect(refused.code).toBe(code)
    expect(refused.message).toMatch(message)
  })

  test('a pattern that is no regular expression is refused', async () => {
    const refused = await (await meshOf(first())).evaluate(mesh =>
      mesh
        .map({
          program: { kind: 'capability', capability: 'text.grep', options: { pattern: '(' } },
          inputs: [{ name: 'a.txt', text: 'a' }],
        })
        .then(
          () => 'none',
          (error: { code: string }) => error.code,
        ),
    )
    expect(refused).toBe('malformed')
  })

  test('a file of 300 MB is refused before it is read', async () => {
    const refused = await (await meshOf(first())).evaluate(async (mesh, megabyte) => {
      const part = new Uint8Array(megabyte).fill(97)
      const file = new File(
        Array.from({ length: 300 }, () => part),
        'huge.txt',
      )
      const startedAt = performance.now()
      const error = await mesh
        .map({ program: { kind: 'capability', capability: 'text.count-words', options: {} }, inputs: [file] })
        .then(
          () => ({ code: 'none', message: '' }),
          (error: { code: string; message: string }) => ({ code: error.code, message: error.message }),
        )
      return { ...error, ms: performance.now() - startedAt }
    }, megabyte)
    expect(refused.code).toBe('too-large')
    expect(refused.message).toMatch(/huge\.txt.*300 MB.*200 MB/)
  })

  test('bytes that are not UTF-8 are refused', async () => {
    const refused = await (await meshOf(first())).evaluate(mesh =>
      mesh
        .map({
          program: { kind: 'capability', capability: 'text.count-words', options: {} },
          inputs: [new File([new Uint8Array([0xff, 0xfe, 0x80])], 'picture.png')],
        })
        .then(
          () => ({ code: 'none', message: '' }),
          (error: { code: string; message: string }) => ({ code: error.code, message: error.message }),
        ),
    )
    expect(refused.code).toBe('malformed')
    expect(refused.message).toMatch(/picture\.png/)
  })
})
