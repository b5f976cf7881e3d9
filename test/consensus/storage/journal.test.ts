import { describe, expect, test } from 'vitest'
import { Journal } from '../../../src/consensus/storage/journal.ts'
import { journalBytesMax } from '../../../src/consensus/storage/limits.ts'
import type { BatchRecord } from '../../../src/consensus/storage/record.ts'
import { ForgetfulFiles } from './support/forgetful-files.ts'

describe('a journal', () => {
  test('gives back what was appended, in its order', async () => {
    const disk = new ForgetfulFiles()
    const journal = await opened(disk, 1)
    expect(journal.append(batch(2))).toBe(true)
    expect(journal.append(batch(3))).toBe(true)
    journal.close()
    const again = await opened(disk, 1)
    expect(again.records).toEqual([batch(2), batch(3)])
    again.append(batch(4))
    again.close()
    expect((await opened(disk, 1)).records).toEqual([batch(2), batch(3), batch(4)])
  })

  test('is void once the database has taken it up, even where the file still has the lines', async () => {
    const disk = new ForgetfulFiles()
    const journal = await opened(disk, 1)
    journal.append(batch(2))
    journal.append(batch(3))
    journal.restart(2)
    journal.close()
    expect(disk.bytes.length).toBeGreaterThan(0)
    const next = await opened(disk, 2)
    expect(next.records).toEqual([])
    next.append(batch(4))
    next.close()
    expect((await opened(disk, 2)).records).toEqual([batch(4)])
  })

  test.each([1, 20, 60])(
    'cuts off a last line of which %s bytes are missing, for it was never reported',
    async missing => {
      const disk = new ForgetfulFiles()
      const journal = await opened(disk, 1)
      journal.append(batch(2))
      journal.append(batch(3))
      journal.close()
      disk.bytes = disk.bytes.slice(0, -missing)
      const next = await opened(disk, 1)
      expect(next.records).toEqual([batch(2)])
      next.append(batch(3, 'again'))
      next.close()
      expect((await opened(disk, 1)).records).toEqual([batch(2), batch(3, 'again')])
    },
  )

  test('gives nothing out where a line before the last cannot be read: it had been acknowledged', async () => {
    const disk = new ForgetfulFiles()
    const journal = await opened(disk, 1)
    for (const index of [2, 3, 4]) journal.append(batch(index))
    journal.close()
    const place = disk.bytes.indexOf('3'.charCodeAt(0), disk.bytes.length / 3 + 40)
    const spoiled = disk.bytes.slice()
    spoiled[place] = '7'.charCodeAt(0)
    disk.bytes = spoiled
    await expect(opened(disk, 1)).rejects.toThrow('cannot be read')
  })

  test('gives nothing out where it comes after a record that the database does not have', async () => {
    const disk = new ForgetfulFiles()
    const journal = await opened(disk, 5)
    journal.append(batch(2))
    journal.close()
    await expect(opened(disk, 4)).rejects.toThrow('cannot be read')
  })

  test('refuses what would make it too large, and takes it after the database took up the rest', async () => {
    const disk = new ForgetfulFiles()
    const journal = await opened(disk, 1)
    const half = 'x'.repeat(journalBytesMax / 2)
    expect(journal.append(batch(2, half))).toBe(true)
    expect(journal.append(batch(3, half))).toBe(false)
    expect(journal.records).toHaveLength(1)
    journal.restart(2)
    expect(journal.append(batch(3, half))).toBe(true)
    journal.close()
    expect((await opened(disk, 2)).records).toEqual([batch(3, half)])
  })

  test('a disk without room is told, and what was there before is there after', async () => {
    const disk = new ForgetfulFiles()
    const journal = await opened(disk, 1)
    journal.append(batch(2))
    disk.isFull = true
    expect(() => journal.append(batch(3))).toThrow(expect.objectContaining({ name: 'QuotaExceededError' }))
    disk.isFull = false
    expect(journal.append(batch(3, 'again'))).toBe(true)
    journal.close()
    expect((await opened(disk, 1)).records).toEqual([batch(2), batch(3, 'again')])
  })
})

async function opened(disk: ForgetfulFiles, after: number): Promise<Journal> {
  const found = await disk.open('ada')
  if (found === 'busy') throw new Error('it is busy')
  const journal = Journal.open(found.file, after)
  if (journal) return journal
  found.file.close()
  throw new Error('it cannot be read')
}

function batch(index: number, payload = `c${index}`): BatchRecord {
  const entry = { kind: 'command', index, term: 2, timeMs: 0, bytes: 5, session: '', sequence: 0, payload } as const
  const hard = { term: 2, votedFor: undefined, commit: 1 }
  return { hard, snapshot: 1, keepFrom: 2, keepTo: index - 1, entries: [entry] }
}
