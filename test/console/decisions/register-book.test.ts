import { describe, expect, test } from 'vitest'
import { registerKeysMax } from '../../../src/console/decisions/limits.ts'
import { RegisterBook } from '../../../src/console/decisions/register-book.ts'

const at = (key: string, value: string, version: number) => ({ key, value, version })

function filled(...list: readonly ReturnType<typeof at>[]): RegisterBook {
  const book = new RegisterBook()
  book.beginList()
  book.endList(list)
  return book
}

describe('a list and changes that overtake it', () => {
  test('a change after the list wins', () => {
    const book = filled(at('a', 'old', 1))
    book.apply(at('a', 'new', 2))
    expect(book.get('a')).toEqual(at('a', 'new', 2))
  })

  test('a change that came before the list it is newer than wins', () => {
    const book = new RegisterBook()
    book.beginList()
    book.apply(at('a', 'new', 9))
    book.endList([at('a', 'old', 1)])
    expect(book.get('a')).toEqual(at('a', 'new', 9))
  })

  test('a key deleted meanwhile is not brought back', () => {
    const book = new RegisterBook()
    book.beginList()
    book.apply({ key: 'a', value: undefined, version: 9 })
    book.endList([at('a', 'old', 1)])
    expect(book.get('a')).toBeUndefined()
    expect(book.list().rows).toEqual([])
  })

  test('a key made meanwhile stays although the list lacks it', () => {
    const book = new RegisterBook()
    book.beginList()
    book.apply(at('b', 'new', 9))
    book.endList([])
    expect(book.get('b')?.value).toBe('new')
  })

  test('a key that a later list lacks is gone, whatever its version', () => {
    const book = filled(at('a', 'x', 1), at('b', 'x', 500))
    book.beginList()
    book.endList([at('a', 'x', 1)])
    expect(book.list().rows.map(({ key }) => key)).toEqual(['a'])
  })

  test('a change that arrives late changes nothing', () => {
    const book = filled(at('a', 'new', 5))
    book.apply(at('a', 'old', 4))
    expect(book.get('a')?.value).toBe('new')
  })
})

describe('the list', () => {
  test('is sorted, narrowed, cut, and tells how many there are', () => {
    const book = filled(at('b/2', 'x', 1), at('a', 'x', 2), at('b/1', 'x', 3))
    expect(book.list().rows.map(({ key }) => key)).toEqual(['a', 'b/1', 'b/2'])
    expect(book.list('b/')).toMatchObject({ total: 2, rows: [{ key: 'b/1' }, { key: 'b/2' }] })
    expect(book.list('', 1)).toMatchObject({ total: 3, rows: [{ key: 'a' }] })
    expect(book.list('zzz')).toEqual({ total: 0, rows: [] })
  })

  test('follows keys that come, go and come back', () => {
    const book = filled(at('a', 'x', 1))
    book.apply(at('b', 'x', 2))
    expect(book.list().total).toBe(2)
    book.apply({ key: 'a', value: undefined, version: 3 })
    expect(book.list().rows.map(({ key }) => key)).toEqual(['b'])
    book.apply(at('a', 'y', 4))
    expect(book.list().rows.map(({ key }) => key)).toEqual(['a', 'b'])
  })

  test('holds null, which is a value, and forgets all when cleared', () => {
    const book = filled()
    book.apply({ key: 'n', value: null, version: 1 })
    expect(book.get('n')).toEqual({ key: 'n', value: null, version: 1 })
    book.clear()
    expect(book.list()).toEqual({ total: 0, rows: [] })
  })

  test('stops at its limit and still follows the keys it has', () => {
    const book = new RegisterBook()
    for (let index = 0; index <= registerKeysMax; index++) book.apply(at(`k${index}`, 'x', index + 1))
    expect(book.list().total).toBe(registerKeysMax)
    book.apply(at('k0', 'y', registerKeysMax * 2))
    expect(book.get('k0')?.value).toBe('y')
  })
})
