/** The replicated register: what operations do, what fits, and that a saved one is the same. */
import { describe, expect, test } from 'vitest'
import type { Json } from '../../../src/base/json.ts'
import { registerBytesMax, valueBytesMax } from '../../../src/consensus/decisions/limits.ts'
import type { DecidedChange, DecidedCommand } from '../../../src/consensus/decisions/register/entries.ts'
import { emptyRegister, Register } from '../../../src/consensus/decisions/register/machine.ts'
import { type Operation, parseCommand, utf8Bytes } from '../../../src/consensus/decisions/register/operations.ts'

function registerThat() {
  const changes: DecidedChange[] = []
  const commands: DecidedCommand[] = []
  const register = new Register({ onChanges: news => changes.push(...news), onDecided: one => commands.push(one) })
  let index = 1
  const perform = (...operations: Operation[]) => register.execute({ by: 'ada', operations }, ++index)
  return { register, changes, commands, perform }
}

const set = (key: string, value: Json): Operation => ({ kind: 'set', key, value })
const swap = (key: string, expected: Json[], value: Json[]): Operation => ({ kind: 'swap', key, expected, value })

describe('the register', () => {
  test('gives each change a version of its own, in order, in one entry as in several', () => {
    const { perform, register } = registerThat()
    expect(perform(set('a', 1), set('b', 2))).toEqual([
      { kind: 'done', version: 1 },
      { kind: 'done', version: 2 },
    ])
    expect(perform({ kind: 'delete', key: 'a' })).toEqual([{ kind: 'done', version: 3 }])
    expect(register.read('a')).toBeUndefined()
    expect(register.read('b')).toEqual({ key: 'b', value: 2, version: 2 })
  })

  test.each<[string, Json | undefined, Json[], boolean]>([
    ['equal text', 'x', ['x'], true],
    ['equal fields in another order', { a: 1, b: [{ c: 2, d: 3 }] }, [{ b: [{ d: 3, c: 2 }], a: 1 }], true],
    ['another value', 1, [2], false],
    ['null for nothing', undefined, [null], false],
    ['nothing for null', null, [], false],
    ['nothing for nothing', undefined, [], true],
    ['another order in a list', [1, 2], [[2, 1]], false],
  ])('compares and sets by value: %s', (_, held, expected, swapped) => {
    const { perform, register } = registerThat()
    if (held !== undefined) perform(set('k', held))
    const [result] = perform(swap('k', expected, ['new']))
    expect(result).toMatchObject({ kind: 'swap', swapped })
    expect(register.read('k')?.value).toEqual(swapped ? 'new' : held)
  })

  test('says what stood in the way, unless it is large', () => {
    const { perform } = registerThat()
    perform(set('small', 'here'), set('large', 'x'.repeat(2_000)))
    expect(perform(swap('small', [], ['n']))).toEqual([{ kind: 'swap', swapped: false, held: true, value: ['here'] }])
    expect(perform(swap('large', [], ['n']))).toEqual([{ kind: 'swap', swapped: false, held: true, value: [] }])
    expect(perform(swap('none', ['x'], ['n']))).toEqual([{ kind: 'swap', swapped: false, held: false, value: [] }])
  })

  test('refuses what does not fit, changes nothing then, and has room again after a delete', () => {
    const { perform, register } = registerThat()
    const value = 'x'.repeat(valueBytesMax - 100)
    const count = Math.floor(registerBytesMax / (value.length + 40))
    for (let key = 0; key < count; key++) expect(perform(set(`k${key}`, value))[0]?.kind).toBe('done')
    const before = register.save()
    expect(perform(set('one more', value), swap('another', [], [value]))).toEqual([{ kind: 'full' }, { kind: 'full' }])
    expect({ ...(register.save() as object), decided: 0 }).toEqual({ ...(before as object), decided: 0 })
    perform({ kind: 'delete', key: 'k0' })
    expect(perform(set('one more', value))[0]?.kind).toBe('done')
  })

  test('keeps the latest decided commands, and tells each', () => {
    const { perform, commands, register } = registerThat()
    for (let number = 0; number < 150; number++) perform({ kind: 'propose', command: { number } })
    expect(commands).toHaveLength(150)
    expect(register.commands).toHaveLength(100)
    expect(register.commands.at(-1)).toMatchObject({ by: 'ada', command: { number: 149 } })
  })

  test('is the same after being saved, sent as JSON, and loaded', () => {
    const { perform, register } = registerThat()
    register.load(emptyRegister({ bornAtMs: 5, parent: { generation: 'g0', decided: 3 } }))
    perform(set('b', { x: [1, null, 'ü'] }), set('a', 2), { kind: 'propose', command: 'go' })
    perform({ kind: 'delete', key: 'a' })
    const copy = new Register()
    copy.load(JSON.parse(JSON.stringify(register.save())))
    expect(copy.save()).toEqual(register.save())
    expect([copy.keys, copy.bytes, copy.decided]).toEqual([register.keys, register.bytes, register.decided])
    expect(copy.origin).toEqual({ bornAtMs: 5, parent: { generation: 'g0', decided: 3 } })
  })

  test('tells what a snapshot changed, once for each key, deleted ones too', () => {
    const ahead = registerThat()
    ahead.perform(set('same', 1), set('old', 1), set('gone', 1))
    const { register, changes } = registerThat()
    register.load(ahead.register.save())
    changes.length = 0
    ahead.perform(set('old', 2), { kind: 'delete', key: 'gone' }, set('new', 3))
    register.load(ahead.register.save())
    expect(changes.map(({ key, value }) => [key, value])).toEqual(
      expect.arrayContaining([
        ['old', 2],
        ['new', 3],
        ['gone', undefined],
      ]),
    )
    expect(changes).toHaveLength(3)
  })

  test('does not load what is no register', () => {
    expect(() => new Register().load({ version: -1 })).toThrow(/a saved register/)
  })
})

describe('a command from a peer', () => {
  const operations = [set('k', 1)]
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['no operations', { by: 'a', operations: [] }],
    ['an unknown operation', { by: 'a', operations: [{ kind: 'drop-all' }] }],
    ['a key that is empty', { by: 'a', operations: [set('', 1)] }],
    ['a key that is too long', { by: 'a', operations: [set('k'.repeat(257), 1)] }],
    ['a value that is missing', { by: 'a', operations: [{ kind: 'set', key: 'k' }] }],
    ['two expected values', { by: 'a', operations: [swap('k', [1, 2], [3])] }],
    ['a field too many', { by: 'a', operations, admin: true }],
    ['too many operations', { by: 'a', operations: Array.from({ length: 513 }, () => set('k', 1)) }],
  ])('is malformed with %s', (_, command) => {
    expect(parseCommand(command)).toMatchObject({ code: 'malformed' })
  })

  test('is too large with a value over the limit', () => {
    const command = { by: 'a', operations: [set('k', 'x'.repeat(valueBytesMax + 2_000))] }
    expect(parseCommand(command)).toMatchObject({ code: 'too-large' })
  })

  test('is taken as it is otherwise', () => {
    expect(parseCommand({ by: 'a', operations })).toEqual({ by: 'a', operations })
  })
})

test.each(['plain', 'ünï ✓', '😀 pair', '\ud800 lone', ''])(
  'UTF-8 bytes of "%s" are counted as they are encoded',
  text => {
    const lone = text.includes('\ud800') ? -1 : 0 // encoded as a replacement of three bytes
    expect(utf8Bytes(text) - lone).toBe(new TextEncoder().encode(text).length)
  },
)

describe('keys of the mesh itself', () => {
  test('are no decisions, and are not counted among the keys, whichever way they come and go', () => {
    const { perform, register } = registerThat()
    perform(set('tabmesh/agents/x', 1), set('tabmesh/topology', 2))
    perform(swap('tabmesh/agents/x', [1], [3]))
    expect([register.decided, register.keys]).toEqual([0, 0])
    perform(set('tabmesh/agents/x', 1), set('tabmeshed', 1))
    perform({ kind: 'propose', command: 'go' })
    expect([register.decided, register.keys]).toEqual([2, 1])
    const copy = new Register()
    copy.load(JSON.parse(JSON.stringify(register.save())))
    copy.execute({ by: 'ada', operations: [{ kind: 'delete', key: 'tabmesh/topology' }] }, 9)
    expect([copy.decided, copy.keys, copy.list('tabmesh/').length]).toEqual([2, 1, 1])
  })
})
