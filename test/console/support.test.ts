import { expect, test } from 'vitest'
import { checkSupport, type World } from '../../src/console/support.ts'

const whole: World = {
  isSecureContext: true,
  crypto: { subtle: {} },
  navigator: { locks: {} },
  indexedDB: {},
  Worker: class {},
  RTCPeerConnection: class {},
  BroadcastChannel: class {},
  structuredClone: () => {},
  Array,
  location: { host: 'mesh.example:4100', pathname: '/' },
}

test('a browser that has everything has no problem', () => {
  expect(checkSupport(whole)).toBeUndefined()
})

test('an insecure address is the problem even where it hides other things, and names the secure one', () => {
  const problem = checkSupport({ ...whole, isSecureContext: false, crypto: {}, navigator: {} })
  expect(problem?.kind).toBe('insecure')
  expect(problem?.advice).toContain('https://mesh.example:4100/')
})

test.each<[string, Partial<World>, string]>([
  ['WebCrypto', { crypto: {} }, 'WebCrypto'],
  ['Web Locks', { navigator: {} }, 'Web Locks'],
  ['IndexedDB', { indexedDB: undefined }, 'IndexedDB'],
  ['WebRTC', { RTCPeerConnection: undefined }, 'WebRTC'],
  ['workers', { Worker: undefined }, 'web workers'],
])('a browser without %s is told so', (_, lack, word) => {
  const problem = checkSupport({ ...whole, ...lack })
  expect(problem?.kind).toBe('missing')
  expect(problem?.title).toContain(word)
})

test('several missing things are listed as a person would', () => {
  const problem = checkSupport({ ...whole, crypto: {}, navigator: {}, indexedDB: undefined })
  expect(problem?.title).toMatch(/WebCrypto, Web Locks and IndexedDB$/)
})

test('a browser that is too old is told to update, not what it lacks', () => {
  expect(checkSupport({ ...whole, Array: { prototype: {} } })?.kind).toBe('too-old')
  expect(checkSupport({ ...whole, structuredClone: undefined })?.kind).toBe('too-old')
})
