/** The command as people and machines use it: what it prints, writes and returns. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type HistoryEvent, operationsOf } from '../../src/simulator/checkers/history.ts'
import { checkLinearizable } from '../../src/simulator/checkers/linearizability.ts'
import { registerModel } from '../../src/simulator/checkers/models.ts'
import { type RaftFlags, raftCommandOf, replayCommand } from '../../src/simulator/raft/command.ts'
import { sim } from './sim.ts'

const folder = mkdtempSync(join(tmpdir(), 'tabmesh-sim-'))
afterAll(() => rmSync(folder, { recursive: true }))

function linesOf<Line>(file: string): Line[] {
  const text = readFileSync(file, 'utf8')
  return text.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line) as Line]))
}

describe('npm run sim', () => {
  test('prints one JSON object, and writes the first seed’s history and trace', () => {
    const [history, trace] = [join(folder, 'history.jsonl'), join(folder, 'trace.jsonl')]
    const args = ['--ops', '200', '--seed', '5', '--json', '--twice', '--history', history, '--trace', trace]
    const { status, stdout } = sim('raft', ...args)
    expect(status).toBe(0)
    const result = JSON.parse(stdout)
    expect(result).toMatchObject({ protocol: 'raft', seeds: 1, failed: 0, nondeterministic: [], failures: [] })
    expect(result.history).toMatchObject({ file: history, seed: 5 })
    const events = linesOf<HistoryEvent>(history)
    expect(events).toHaveLength(400)
    expect(Object.keys(events[0] ?? {}).sort()).toEqual(['f', 'key', 'process', 'time', 'type', 'value'])
    expect(checkLinearizable(registerModel, operationsOf(events)).kind).toBe('linearizable')
    expect(linesOf<{ timeUs: number }>(trace).length).toBeGreaterThan(1_000)
  })

  test('returns 1, the violation, and a command that shows it again with the fewest faults', () => {
    const { status, stdout } = sim('raft', '--mutate', 'snapshot-without-sessions', '--seed', '2', '--json')
    expect(status).toBe(1)
    const { failures, shrunk } = JSON.parse(stdout)
    expect(failures[0].message).toContain('state-machine-safety')
    expect(failures[0].replay).toContain('--seed 2')
    const again = sim(...shrunk.replay.replace('npm run sim -- ', '').split(' '), '--no-shrink')
    expect(again.status).toBe(1)
    expect(again.stdout).toContain('state-machine-safety')
  })

  test.for<[string, string[], string]>([
    ['an unknown option', ['raft', '--sedes', '3'], '--sedes'],
    ['a protocol that is not there', ['paxos'], 'there are: raft, mesh, crdt, gossip'],
    ['a file that cannot be written', ['raft', '--history', '/no/such/folder/history'], 'cannot write'],
  ])('returns 2 and says what is wrong with %s', ([, args, message]) => {
    const { status, stdout, stderr } = sim(...args)
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(message)
  })
})

test.for<[string, RaftFlags, string]>([
  ['a number out of bounds', { members: '0' }, '--members takes a whole number from 1 to 9, not "0"'],
  ['a number that is none', { ops: '1e3' }, '--ops takes a whole number from 1 to 100000, not "1e3"'],
  ['an unknown fault', { faults: 'loss,locusts' }, 'no kind of fault is called "locusts"'],
  ['an unknown mutant', { mutate: 'x-man' }, 'no mutant "x-man"'],
  ['one mutant and all of them', { mutate: 'vote-twice', mutants: true }, 'exclude each other'],
  ['some faults of many seeds', { only: '1', seeds: '2' }, '--only needs a single seed'],
  ['faults without numbers', { only: 'x' }, '--only takes numbers of faults, not "x"'],
  ['a trace of many seeds', { trace: 'file', seeds: '2' }, '--trace needs a single seed'],
])('a command refuses %s', ([, flags, message]) => expect(raftCommandOf(flags)).toContain(message))

test('a command that is replayed is the same command', () => {
  const text = '--members 3 --clients 2 --ops 40 --keys 1 --seed 7 --faults loss,crash --mutate vote-twice --only 1,5'
  const flags = Object.fromEntries([...text.matchAll(/--(\w+) (\S+)/g)].map(([, name, value]) => [name, value]))
  const command = raftCommandOf(flags)
  if (typeof command === 'string') throw new Error(command)
  expect(replayCommand(command, 7, command.only)).toBe(`npm run sim -- raft ${text}`)
})
