import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from '../../src/base/json.ts'
import { canonicalJson, compareCodePoints } from '../../src/work/canonical.ts'

describe('canonical JSON', () => {
  test('is the same for equal values, and means what plain JSON means', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const text = canonicalJson(value as Json)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(JSON.parse(text))).toBe(text)
      }),
    )
  })

  test('sorts keys, also those that look like numbers', () => {
    expect(canonicalJson({ b: 1, a: [{ d: null, c: 'x' }], 10: 1, 9: 2 })).toBe(
      '{"10":1,"9":2,"a":[{"c":"x","d":null}],"b":1}',
    )
  })

  test('keeps a key called __proto__', () => {
    expect(canonicalJson(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}')
  })
})

test('orders by code point', () => {
  const byCodePoints = (a: string, b: string) => {
    const [left, right] = [[...a], [...b]].map(text => text.map(character => character.codePointAt(0) ?? 0))
    for (const [at, point] of (left ?? []).entries()) {
      const other = right?.[at]
      if (other === undefined) return 1
      if (point !== other) return point - other
    }
    return (left?.length ?? 0) - (right?.length ?? 0)
  }
  const text = fc.string({ unit: fc.constantFrom('a', 'z', 'ß', '中', '\uff01', '\ue000', '😀', '𝒜') })
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareCodePoints(a, b))).toBe(Math.sign(byCodePoints(a, b)))
    }),
  )
})
