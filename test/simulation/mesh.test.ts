/** The mesh's machines in small stormy worlds; the command beside it runs large ones. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type MeshFlags, meshCommandOf, meshReplay } from '../../src/simulator/mesh/command.ts'
import { defaultOptions, type MeshFaultKind, meshFaultKinds } from '../../src/simulator/mesh/options.ts'
import { runMesh } from '../../src/simulator/mesh/simulation.ts'

const options = { ...defaultOptions, peers: 40, minutes: 1 }

test.each<[string, readonly MeshFaultKind[]]>([
  ['calm', []],
  ['loss and churn', ['loss', 'churn']],
  ['frozen tabs', ['pause', 'churn']],
  ['every fault', meshFaultKinds],
])('%s: everybody finds everybody again, and nobody is given up wrongly', (_, faults) => {
  for (const seed of [1, 2]) {
    const { violation, figures } = runMesh(seed, { ...options, churnRate: 5, faults })
    expect(violation, `seed ${seed}`).toBeUndefined()
    expect(figures.falseVerdicts, `seed ${seed}`).toBe(0)
    expect(figures.rumourRounds.max, `seed ${seed}`).toBeLessThanOrEqual(10)
  }
})

test('one seed is one run, and another seed another', () => {
  const hash = (seed: number) => runMesh(seed, { ...options, minutes: 0.5 }).traceHash
  expect(hash(1)).toBe(hash(1))
  expect(hash(1)).not.toBe(hash(2))
})

test('signaling makes crashes known sooner', () => {
  const notice = (hasSignaling: boolean) =>
    runMesh(5, { ...options, churnRate: 10, faults: ['churn'], hasSignaling }).figures.noticeMs
  const [without, withIt] = [notice(false), notice(true)]
  expect(without.count).toBeGreaterThan(100)
  expect(withIt.p50).toBeLessThan(without.p50 / 2)
})

test.each<[string, MeshFlags, string]>([
  ['too many peers', { peers: '5000' }, '--peers takes a whole number from 2 to 1000, not "5000"'],
  ['a number that is none', { minutes: 'soon' }, '--minutes takes a number from 0.1 to 600, not "soon"'],
  ['an unknown fault', { faults: 'loss,locusts' }, 'no kind of fault is called "locusts"'],
  ['an unknown preset', { preset: 'hasty' }, 'there is no preset "hasty"'],
  ['a trace of many seeds', { trace: 'file', seeds: '2' }, '--trace needs a single seed'],
])('the command refuses %s', (_, flags, message) => expect(meshCommandOf(flags)).toContain(message))

test('a replayed command is the same command', () => {
  const flags = { peers: '30', minutes: '0.5', faults: 'loss,churn', preset: 'lab', signaling: true, seed: '9' }
  const command = meshCommandOf(flags)
  if (typeof command === 'string') throw new Error(command)
  const words = meshReplay(command, 9).split(' ').slice(5)
  const again: Record<string, string | boolean> = {}
  for (let at = 0; at < words.length; at++) {
    const name = words[at]?.slice(2) ?? ''
    again[name] = name === 'signaling' ? true : (words[++at] ?? '')
  }
  expect(meshCommandOf(again)).toEqual(command)
})

test('the command prints one JSON object, and returns 2 for what makes no sense', () => {
  const sim = (...args: string[]) =>
    spawnSync('npx', ['tsx', 'src/simulator/main.ts', 'mesh', ...args], {
      cwd: join(import.meta.dirname, '../..'),
      encoding: 'utf8',
    })
  const { status, stdout } = sim('--peers', '10', '--minutes', '0.2', '--json', '--twice')
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ protocol: 'mesh', seeds: 1, failed: 0, nondeterministic: [] })
  const wrong = sim('--peers', 'many')
  expect([wrong.status, wrong.stdout]).toEqual([2, ''])
  expect(wrong.stderr).toContain('--peers')
})
