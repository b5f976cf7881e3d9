import { createPrivateKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { stat, writeFile } from 'node:fs/promises'
import { createServer, get } from 'node:https'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fingerprint, keptCertificate, makeCertificate } from '../../scripts/serve/certificate.ts'
import { temporaryFolder } from './support.ts'

const nowMs = Date.parse('2026-03-01T12:00:00Z')
const dayMs = 86_400_000
const names = ['localhost', '127.0.0.1', '::1', '2001:db8::12:3', '192.0.2.7', 'tab.local']

test('a certificate made here is for all its names, no authority, its own issuer, and not valid for too long', () => {
  const { key, cert } = makeCertificate(names, nowMs)
  const read = new X509Certificate(cert)
  expect(read.verify(read.publicKey)).toBe(true)
  expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true)
  expect(read.issuer).toBe(read.subject)
  expect(read.ca).toBe(false)
  for (const name of ['localhost', 'tab.local']) expect(read.checkHost(name)).toBe(name)
  for (const ip of ['127.0.0.1', '192.0.2.7', '::1', '2001:db8::12:3']) expect(read.checkIP(ip), ip).toBe(ip)
  expect([read.checkHost('evil.example'), read.checkIP('192.0.2.8')]).toEqual([undefined, undefined])
  expect(Date.parse(read.validFrom)).toBeLessThanOrEqual(nowMs)
  const validDays = (Date.parse(read.validTo) - Date.parse(read.validFrom)) / dayMs
  expect(validDays).toBeGreaterThan(300)
  expect(validDays).toBeLessThanOrEqual(398)
})

test('a certificate that lasts past 2049 writes its dates in the other form', () => {
  const read = new X509Certificate(makeCertificate(names, Date.parse('2049-12-30T00:00:00Z')).cert)
  expect(new Date(read.validTo).getUTCFullYear()).toBe(2051)
})

test('a TLS client that trusts it talks to us, and one that does not refuses', async () => {
  const { key, cert } = makeCertificate(['127.0.0.1'], Date.now())
  const server = createServer({ key, cert }, (_, response) => response.end('hello')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const [response] = await once(get({ host: '127.0.0.1', port, ca: cert, agent: false }), 'response')
  response.resume()
  expect(response.statusCode).toBe(200)
  const [error] = await once(get({ host: '127.0.0.1', port, agent: false }), 'error')
  expect(error.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
  server.close()
})

test('the same one is kept while it serves, and a new one made for a new name, a last day or a broken file', async () => {
  const folder = join(await temporaryFolder(), 'https')
  const first = await keptCertificate(folder, ['localhost'], nowMs)
  expect((await stat(join(folder, 'key.pem'))).mode & 0o777).toBe(0o600)
  expect(await keptCertificate(folder, ['localhost'], nowMs + 300 * dayMs)).toEqual(first)
  const second = await keptCertificate(folder, ['localhost', '192.0.2.7'], nowMs)
  expect(fingerprint(second.cert)).not.toBe(fingerprint(first.cert))
  expect(await keptCertificate(folder, ['192.0.2.7'], nowMs)).toEqual(second)
  const third = await keptCertificate(folder, ['localhost'], nowMs + 396 * dayMs)
  expect(fingerprint(third.cert)).not.toBe(fingerprint(second.cert))
  await writeFile(join(folder, 'cert.pem'), 'broken')
  expect(fingerprint((await keptCertificate(folder, ['localhost'], nowMs)).cert)).toMatch(
    /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/,
  )
})
