import { expect, test } from 'vitest'
import { withDefaults } from '../../signaling/limits.ts'
import { AddressQuotas } from '../../signaling/quotas.ts'
import { TokenBucket } from '../../signaling/token-bucket.ts'

test('a bucket gives its burst at once, then its rate, never more than its burst, and nothing for a clock that goes back', () => {
  const bucket = new TokenBucket(3, 2, 1000)
  expect([bucket.take(3, 1000), bucket.take(1, 1000)]).toEqual([true, false])
  expect([bucket.take(1, 1499), bucket.take(1, 1500), bucket.take(1, 1500)]).toEqual([false, true, false])
  expect([bucket.take(4, 900_000), bucket.take(3, 900_000)]).toEqual([false, true])
  expect(bucket.take(1, 0)).toBe(false)
})

test('an address that has used up its arrivals is not forgotten, however many others come', () => {
  const quotas = new AddressQuotas(withDefaults({ addresses: 2, arrivalsBurst: 1, arrivalsPerSecond: 0.1 }))
  expect(quotas.open('ada', 0)).toBe('admitted')
  quotas.close('ada')
  expect(quotas.open('ada', 1)).toBe('too-many-arrivals')
  quotas.sweep(1)
  expect(quotas.open('ada', 2)).toBe('too-many-arrivals')
})

test('no more addresses are remembered than the limit, and those at rest make room for new ones', () => {
  const quotas = new AddressQuotas(withDefaults({ addresses: 2, arrivalsBurst: 1, arrivalsPerSecond: 1 }))
  expect([quotas.open('ada', 0), quotas.open('bob', 0), quotas.open('cyd', 0)]).toEqual([
    'admitted',
    'admitted',
    'server-full',
  ])
  quotas.close('bob')
  expect(quotas.open('cyd', 0)).toBe('server-full')
  expect(quotas.open('cyd', 1000)).toBe('admitted')
  expect(quotas.sockets).toBe(2)
})

test('a join counts as an arrival', () => {
  const quotas = new AddressQuotas(withDefaults({ arrivalsBurst: 2, arrivalsPerSecond: 0.1 }))
  expect([quotas.open('ada', 0), quotas.join('ada', 0), quotas.join('ada', 0)]).toEqual(['admitted', true, false])
  expect(quotas.join('nobody', 0)).toBe(false)
})
