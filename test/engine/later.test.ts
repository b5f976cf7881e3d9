/** A part that cannot be loaded: told once, to all who should know, and to nobody else. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Later } from '../../src/engine/later.ts'

const unhandled: unknown[] = []
const note = (reason: unknown) => void unhandled.push(reason)
beforeEach(() => {
  process.on('unhandledRejection', note)
})
afterEach(() => {
  process.off('unhandledRejection', note)
})

test('is told as trouble and to whoever waits, and is no uncaught error where nobody does', async () => {
  const told: string[] = []
  const later = new Later<never>({
    load: () => Promise.reject(new TypeError('error loading dynamically imported module')),
    without: 'shares no documents',
    onLoaded: () => told.push('loaded'),
    onTrouble: ({ code, message }) => told.push(`${code} ${message}`),
  })
  await later.open()
  await new Promise(resolve => setTimeout(resolve, 20))
  expect(told).toEqual(['unsupported This tab shares no documents: error loading dynamically imported module'])
  expect(unhandled).toEqual([])
  await expect(later.promise).rejects.toThrow('error loading')
  expect(later.part).toBeUndefined()
})
