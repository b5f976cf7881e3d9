/** The mesh's machines in small stormy worlds; the command beside it runs large ones. */
import { expect, test } from 'vitest'
import { type MeshFlags, meshCommandOf, meshReplay } from '../../src/simulator/mesh/command.ts'
import { defaultOptions, type MeshFaultKind, meshFaultKinds } from '../../src/simulator/mesh/options.ts'
import { runMesh } from '../../src/simulator/mesh/simulation.ts'
import { sim } from './sim.ts'

/** Seeds in which a repair once took three rounds. */
const repairSeeds: readonly (readonly [peers: number, seed: number])[] = [
  [200, 3],
  [200, 7],
]

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

test.each(repairSeeds)('a link that died is replaced within two rounds: %i peers, seed %i', (peers, seed) => {
  const { violation, figures } = runMesh(seed, { ...options, peers, churnRate: 2, faults: ['loss', 'churn'] })
  expect(violation).toBeUndefined()
  expect(figures.repairRounds.count).toBeGreaterThan(20)
  expect(figures.repairRounds.max).toBeLessThanOrEqual(2)
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
  ['a trace of several processes', { trace: 'file', jobs: '2' }, '--trace needs a single seed'],
  ['no process at all', { jobs: '0' }, '--jobs takes a whole number from 1 to 256, not "0"'],
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

test('seeds that several processes run are what they are in one, and in their order', () => {
  const words = ['--peers', '12', '--minutes', '0.2', '--seed', '5', '--seeds', '3', '--json']
  const [alone, together] = [sim('mesh', ...words), sim('mesh', ...words, '--jobs', '2')]
  expect([alone.status, together.status]).toEqual([0, 0])
  const { runs, traceHash, events } = JSON.parse(alone.stdout)
  expect(runs).toHaveLength(3)
  expect(JSON.parse(together.stdout)).toMatchObject({ runs, traceHash, events })
})

test('the command prints one JSON object, and returns 2 for what makes no sense', () => {
  const { status, stdout } = sim('mesh', '--peers', '10', '--minutes', '0.2', '--json', '--twice')
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ protocol: 'mesh', seeds: 1, failed: 0, nondeterministic: [] })
  const wrong = sim('mesh', '--peers', 'many')
  expect([wrong.status, wrong.stdout]).toEqual([2, ''])
  expect(wrong.stderr).toContain('--peers')
})
