/**
 * A Vite plugin that leaves out of our bundles what libraries bring along for others:
 *
 * - RSA, ECDSA and secp256k1 (and with it the general Weierstrass curves): every PeerId of ours is Ed25519. Saves 8 KB gzip of the engine.
 * - gossipsub's metrics, which we never register, libp2p's own logger, where we hand in a silent one, and its DNS resolver and tables of
 *   networks: our addresses name neither hosts nor IPs. Saves 12 KB gzip of the engine.
 * - what libp2p finds peers and content with, reconnects, pings, and maps and orders network addresses with, and locks across tabs: we
 *   hand it no routers, dial a peer at one address, and care for links ourselves. Saves 10 KB gzip of the engine.
 * - the second decoder of each Protobuf message, which yields field by field: nobody here asks for it. Saves 1.5 KB gzip of the engine.
 * - ways to write bytes as text that no library of ours uses. Saves 2 KB gzip of the engine.
 * - Node's streams, buffers and debug log in simple-peer: we listen to its events and never read it as a stream. Its own prebuilt
 *   file has them inside; we bundle its source with stand-ins instead. Saves 20 KB gzip of the page.
 *
 * An application that bundles tabmesh without this plugin gets the full libraries, and the same behaviour.
 */
import type { Plugin } from 'vite'
import { files, packages } from './stubs.ts'

/** As protons generates it: the third function that `message` is given, up to the end of that call, which is indented alike. */
const streamingDecoder = /^( +)\}, function\* \(reader, length, prefix, opts = \{\}\) \{$[\s\S]*?^\1\}\);$/gm

const prefix = '\0tabmesh-stub:'
/** Names that other packages may mean in earnest are stubbed for the one that does not need them. */
const stubbedFor = (id: string, importer = '') => /mask$|^@/.test(id) || importer.includes('/simple-peer/')

export function trim(): Plugin {
  return {
    name: 'tabmesh-trim',
    apply: 'build',
    enforce: 'pre',
    async resolveId(id, importer) {
      if (id === 'simple-peer/simplepeer.min.js') return this.resolve('simple-peer/index.js', importer)
      return id in packages && stubbedFor(id, importer) ? prefix + id : null
    },
    load(id) {
      if (id.startsWith(prefix)) return packages[id.slice(prefix.length)] ?? null
      return files[id.split('/node_modules/').at(-1) ?? ''] ?? null
    },
    transform: (code, id) =>
      id.includes('/node_modules/') && code.includes("from 'protons-runtime'")
        ? { code: code.replaceAll(streamingDecoder, '$1});'), map: null }
        : null,
  }
}
