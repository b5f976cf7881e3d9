import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromBase64Url, toBase64Url, toHex } from '../../src/base/bytes.ts'

test('agrees with Node on base64url and hex of any bytes, both ways', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
      expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
      expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'))
      expect(fromBase64Url(toBase64Url(bytes))).toEqual(new Uint8Array(bytes))
    }),
  )
})

test.each(['a', 'ab c', 'ab=', 'é'])('refuses %j, which is not base64url', text => {
  expect(fromBase64Url(text)).toBeUndefined()
})
