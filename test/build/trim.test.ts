/** The libraries as our bundles have them, beside the whole ones. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { generateKeyPair, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { files } from '../../build/stubs.ts'
import { trim } from '../../build/trim.ts'
import { silentLogger } from '../link/support/silent-logger.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('each file that a stub stands for exists', () => {
  expect(Object.keys(files).filter(file => !existsSync(join(root, 'node_modules', file)))).toEqual([])
})

describe('keys of other kinds than ours', () => {
  let folder = ''
  let trimmed: Libraries
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tabmesh-'))
    trimmed = await bundled(folder)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test.for(['RSA', 'ECDSA', 'secp256k1'] as const)('%s is refused where it is read', async kind => {
    const { publicKey } = await keyOf(kind)
    const shown = publicKeyToProtobuf(publicKey)
    expect(() => trimmed.publicKeyFromProtobuf(shown)).toThrow(`${kind} keys are not supported`)
    // The id of an RSA key is a hash that says nothing of it; the others hold the key itself.
    if (kind !== 'RSA') expect(() => trimmed.peerIdFromString(String(publicKey))).toThrow()
  })

  test.for([
    ['Ed25519', 'secured'],
    ['RSA', 'UnexpectedPeerError'],
    ['ECDSA', 'UnexpectedPeerError'],
    ['secp256k1', 'UnexpectedPeerError'],
  ] as const)('one who proves itself with %s is %s', async ([kind, outcome]) => {
    const ours = trimmed.noise()(componentsOf(await keyOf('Ed25519')))
    const theirs = noise()(componentsOf(await keyOf(kind)))
    for (const dials of [true, false]) {
      const [outbound, inbound] = multiaddrConnectionPair()
      const [mine, other] = dials ? [outbound, inbound] : [inbound, outbound]
      const secured = dials ? ours.secureOutbound(mine) : ours.secureInbound(mine)
      const met = dials ? theirs.secureInbound(other) : theirs.secureOutbound(other)
      const ended = secured.then(
        () => 'secured',
        (error: Error) => {
          mine.abort(error) // as libp2p does
          return error.name
        },
      )
      expect((await Promise.all([ended, met.catch(() => {})]))[0]).toBe(outcome)
    }
  })
})

const entry = `
  export { publicKeyFromProtobuf } from '@libp2p/crypto/keys'
  export { peerIdFromString } from '@libp2p/peer-id'
  export { noise } from '@libp2p/noise'`

interface Libraries {
  readonly publicKeyFromProtobuf: (bytes: Uint8Array) => unknown
  readonly peerIdFromString: (id: string) => unknown
  readonly noise: typeof noise
}

async function bundled(folder: string): Promise<Libraries> {
  const name = join(root, 'trimmed-entry.js')
  await build({
    root,
    configFile: false,
    logLevel: 'silent',
    plugins: [
      trim(),
      { name: 'entry', resolveId: id => (id === name ? id : null), load: id => (id === name ? entry : null) },
    ],
    build: {
      outDir: folder,
      minify: false,
      copyPublicDir: false,
      lib: { entry: name, formats: ['es'], fileName: 'trimmed' },
    },
  })
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  return (await import(pathToFileURL(join(folder, 'trimmed.js')).href)) as Libraries
}

function keyOf(kind: 'Ed25519' | 'RSA' | 'ECDSA' | 'secp256k1'): Promise<PrivateKey> {
  return generateKeyPair(kind as 'Ed25519')
}

function componentsOf(privateKey: PrivateKey) {
  const upgrader = { getStreamMuxers: () => new Map(), getConnectionEncrypters: () => new Map() }
  return { privateKey, logger: { forComponent: () => silentLogger }, upgrader } as never
}
