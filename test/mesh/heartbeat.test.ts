import { expect, test } from 'vitest'
import { MeshError, type MeshErrorCode } from '../../src/base/errors.ts'
import type { PeerId } from '../../src/base/ids.ts'
import type { Exchange } from '../../src/mesh/exchange.ts'
import { Heartbeat } from '../../src/mesh/heartbeat.ts'
import type { LinkTable } from '../../src/mesh/link-table.ts'
import { Turns } from '../link/support/turns.ts'

const ada = 'ada' as PeerId

/** One link, to a peer that answers after `answerMs`, with a failure, or never. */
function lab(answer: { ms?: number; code?: MeshErrorCode }) {
  const turns = new Turns(1)
  const log: string[] = []
  let heardMs = 0
  const exchange = {
    handle: () => () => {},
    calls: { measured: (rttMs: number) => log.push(`calls take ${rttMs}`) },
    request: (peer: PeerId, topic: string, _payload: null, { timeoutMs }: { timeoutMs: number }) => {
      log.push(`ask ${peer} ${topic}`)
      return new Promise((resolve, reject) => {
        const { ms, code } = answer
        if (code) reject(new MeshError(code, 'no'))
        else if (ms !== undefined && ms < timeoutMs) turns.after(ms, () => resolve(null))
        else turns.after(timeoutMs, () => reject(new MeshError('timeout', 'no answer')))
      })
    },
  }
  const links = {
    peers: [ada],
    silentMs: () => turns.clock.monotonicMs() - heardMs,
    measured: (_: PeerId, rttMs: number) => {
      heardMs = turns.clock.monotonicMs()
      log.push(`measured ${rttMs}`)
      return true
    },
  }
  const heartbeat = new Heartbeat({
    clock: turns.clock,
    exchange: exchange as unknown as Exchange,
    links: links as unknown as LinkTable,
    onMeasured: peer => log.push(`told ${peer}`),
    onPing: () => {},
    onAsked: async () => undefined,
  })
  return { turns, log, heartbeat }
}

test('a new link is pinged three times, and its round trip told', async () => {
  const { turns, log, heartbeat } = lab({ ms: 7 })
  const opened = heartbeat.opened(ada)
  await turns.run(100)
  await opened
  expect(log).toEqual(Array(3).fill(['ask ada heartbeat', 'calls take 7', 'measured 7', 'told ada']).flat())
})

test.each<[string, { ms?: number; code?: MeshErrorCode }, boolean]>([
  ['an answer is life', { ms: 5 }, true],
  ['an answer that comes too late is none', { ms: 500 }, false],
  ['silence is not', {}, false],
  ['no path is not', { code: 'unreachable' }, false],
  ['a refusal is an answer', { code: 'no-handler' }, true],
  ['want of room here says nothing of the other', { code: 'overloaded' }, false],
])('%s', async (_, answer, isAlive) => {
  const { turns, heartbeat } = lab(answer)
  const answered = heartbeat.probe(ada, 400, undefined)
  await turns.run(1_000)
  expect((await answered) !== undefined).toBe(isAlive)
  heartbeat.close()
})
