import { expect, test } from 'vitest'
import type { SessionId } from '../../src/base/ids.ts'
import { SessionWatch } from '../../src/engine/session-watch.ts'
import { Turns } from '../link/support/turns.ts'

const ada = 'ada-1' as SessionId

function watching() {
  const turns = new Turns(7)
  const asked: { readonly signal: AbortSignal; readonly over: (isOver: boolean) => void }[] = []
  const ends = (_: SessionId, signal: AbortSignal) => new Promise<boolean>(over => asked.push({ signal, over }))
  const { watch } = new SessionWatch({ clock: turns.clock, ends, headStartMs: 50 })
  return { turns, asked, watch, told: [] as string[] }
}

test('a session’s lock is waited for once, and all who asked are told a little after its release', async () => {
  const { turns, asked, watch, told } = watching()
  watch(ada, () => told.push('list'))
  const stop = watch(ada, () => told.push('nobody'))
  watch(ada, () => told.push('lobby'))
  stop()
  expect(asked).toHaveLength(1)
  asked[0]?.over(true)
  await Promise.resolve()
  expect(told).toEqual([])
  await turns.run(100)
  expect(told).toEqual(['list', 'lobby'])
})

test('when nobody wants to know any more it is not waited for, and whoever asks later waits anew', async () => {
  const { turns, asked, watch, told } = watching()
  const stops = [watch(ada, () => told.push('first')), watch(ada, () => told.push('second'))]
  stops[0]?.()
  stops[0]?.()
  expect(asked[0]?.signal.aborted).toBe(false)
  stops[1]?.()
  expect(asked[0]?.signal.aborted).toBe(true)
  asked[0]?.over(false)
  watch(ada, () => told.push('third'))
  asked[1]?.over(true)
  await turns.run(100)
  expect(told).toEqual(['third'])
})
