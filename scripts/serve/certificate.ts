/**
 * A self-signed certificate for `--https`, so that a phone on the same network gets a secure context. Node makes keys and signatures but
 * no certificates; the few ASN.1 structures needed (RFC 5280, section 4.1) are written here in DER.
 */
import { generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { isIP, isIPv4 } from 'node:net'
import { join } from 'node:path'
import { ipv6Groups } from '../../signaling/address.ts'

export interface KeyAndCertificate {
  readonly key: string
  readonly cert: string
}

const dayMs = 86_400_000
/** Apple's systems refuse certificates that are valid for more than 398 days. */
const validDays = 397

/** The one made before, if it still serves all these names: then a device that was told to trust it need not be told again. */
export async function keptCertificate(
  folder: string,
  names: readonly string[],
  nowMs: number,
): Promise<KeyAndCertificate> {
  const files = { key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') }
  try {
    const kept = { key: await readFile(files.key, 'utf8'), cert: await readFile(files.cert, 'utf8') }
    if (serves(new X509Certificate(kept.cert), names, nowMs)) return kept
  } catch {
    // None yet, or not one we can read: a new one takes its place.
  }
  const made = makeCertificate(names, nowMs)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(files.key, made.key, { mode: 0o600 })
  await writeFile(files.cert, made.cert)
  return made
}

/** SHA-256 of the certificate, as browsers show it. */
export function fingerprint(cert: string): string {
  return new X509Certificate(cert).fingerprint256
}

export function makeCertificate(names: readonly string[], nowMs: number): KeyAndCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = sequence(set(sequence(oid(oids.commonName), utf8('tabmesh on this machine'))))
  const body = sequence(
    tagged(0, integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])), // serial: positive, 120 bits of chance
    sequence(oid(oids.ecdsaWithSha256)),
    name,
    sequence(time(nowMs - dayMs), time(nowMs + (validDays - 1) * dayMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(
      3,
      sequence(
        extension(oids.basicConstraints, true, sequence()), // no authority: it vouches for nobody else
        extension(oids.keyUsage, true, der(0x03, Buffer.from([7, 0x80]))), // digitalSignature
        extension(oids.extendedKeyUsage, false, sequence(oid(oids.serverAuth))),
        extension(oids.subjectAltName, false, sequence(...names.map(generalName))),
      ),
    ),
  )
  const signature = sign('sha256', body, privateKey)
  const whole = sequence(body, sequence(oid(oids.ecdsaWithSha256)), der(0x03, Buffer.from([0]), signature))
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? []
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
  }
}

function serves(certificate: X509Certificate, names: readonly string[], nowMs: number): boolean {
  const lastsAnotherDay = Date.parse(certificate.validTo) > nowMs + dayMs
  return lastsAnotherDay && names.every(name => (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)))
}

const oids = {
  commonName: '550403',
  ecdsaWithSha256: '2a8648ce3d040302',
  basicConstraints: '551d13',
  keyUsage: '551d0f',
  extendedKeyUsage: '551d25',
  subjectAltName: '551d11',
  serverAuth: '2b06010505070301',
}

/** Tag, length, content (X.690, section 8.1). */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content])
  const length = Buffer.from(content.length.toString(16).padStart(content.length > 0xff ? 4 : 2, '0'), 'hex')
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, content])
}

const sequence = (...parts: readonly Buffer[]) => der(0x30, ...parts)
const set = (...parts: readonly Buffer[]) => der(0x31, ...parts)
const tagged = (number: number, content: Buffer) => der(0xa0 | number, content)
const integer = (bytes: Buffer) => der(0x02, bytes)
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const utf8 = (text: string) => der(0x0c, Buffer.from(text))

/** UTCTime, as it must be up to 2049 (RFC 5280, section 4.1.2.5), then GeneralizedTime. */
function time(atMs: number): Buffer {
  const digits = new Date(atMs).toISOString().replace(/\D/g, '').slice(0, 14)
  return digits < '2050' ? der(0x17, Buffer.from(`${digits.slice(2)}Z`)) : der(0x18, Buffer.from(`${digits}Z`))
}

function extension(id: string, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [der(0x01, Buffer.from([0xff]))] : []
  return sequence(oid(id), ...critical, der(0x04, value))
}

function generalName(name: string): Buffer {
  if (!isIP(name)) return der(0x82, Buffer.from(name))
  if (isIPv4(name)) return der(0x87, Buffer.from(name.split('.').map(Number)))
  return der(0x87, Buffer.from(ipv6Groups(name).flatMap(group => [group >> 8, group & 255])))
}
