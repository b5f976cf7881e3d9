/** Reads the third-party histories in ../shared/conformance/porcupine: Jepsen's etcd logs and porcupine's key-value logs. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Operation, operationsOf } from '../../../src/simulator/checkers/history.ts'

const folder = join(import.meta.dirname, '../../../../shared/conformance/porcupine')
export const historiesPresent = existsSync(folder)

type Event = Parameters<typeof operationsOf>[0][number]

export function jepsenVerdicts(): [file: string, linearizable: boolean][] {
  if (!historiesPresent) return []
  return Object.entries(JSON.parse(readFileSync(join(folder, 'verdicts.json'), 'utf8')).jepsen)
}

export function keyValueFiles(): string[] {
  return historiesPresent ? readdirSync(join(folder, 'test_data/kv')) : []
}

/** `INFO  jepsen.util - 3<tab>:ok<tab>:cas<tab>[1 4]`; an answer of `:timed-out` repeats no value. */
export function readJepsen(file: string): Operation[] {
  const events: Event[] = []
  for (const line of readFileSync(join(folder, 'test_data/jepsen', file), 'utf8').split('\n')) {
    const match = /^INFO\s+jepsen\.util - (\d+)\s+:(\w+)\s+:(\w+)\s+(.*)$/.exec(line)
    if (!match) continue
    const [, process, type, f, text] = match
    const value = text === 'nil' || text === ':timed-out' ? null : JSON.parse((text ?? '').replace(' ', ','))
    events.push({ process: Number(process), type: type as Event['type'], f: f ?? '', key: 'register', value })
  }
  return operationsOf(events)
}

/** `{:process 0, :type :ok, :f :get, :key "7", :value "x 0 0 y"}` */
export function readKeyValue(file: string): Operation[] {
  const events: Event[] = []
  for (const line of readFileSync(join(folder, 'test_data/kv', file), 'utf8').split('\n')) {
    const match = /^\{:process (\d+), :type :(\w+), :f :(\w+), :key "(.*)", :value (nil|".*")\}$/.exec(line)
    if (!match) continue
    const [, process, type, f, key, text] = match
    const value = text === 'nil' ? null : JSON.parse(text ?? '')
    events.push({ process: Number(process), type: type as Event['type'], f: f ?? '', key: key ?? '', value })
  }
  return operationsOf(events)
}
