/**
 * A Vite plugin that leaves out of our bundles what libraries bring along for others:
 *
 * - secp256k1 (and with it the general Weierstrass curves): every PeerId of ours is Ed25519. Saves 6 KB gzip of the engine.
 * - gossipsub's metrics, which we never register, libp2p's own logger, where we hand in a silent one, and its DNS resolver and tables of
 *   networks: our addresses name neither hosts nor IPs. Saves 12 KB gzip of the engine.
 * - the second decoder of each Protobuf message, which yields field by field: nobody here asks for it. Saves 1.5 KB gzip of the engine.
 * - multibase written in emoji. Saves 1 KB gzip of the engine.
 * - Node's streams, buffers and debug log in simple-peer: we listen to its events and never read it as a stream. Its own prebuilt
 *   file has them inside; we bundle its source with stand-ins instead. Saves 20 KB gzip of the page.
 *
 * An application that bundles tabmesh without this plugin gets the full libraries, and the same behaviour.
 */
import type { Plugin } from 'vite'

const stubs: Readonly<Record<string, string>> = {
  '@noble/curves/secp256k1.js': `
    const refuse = () => { throw new Error('secp256k1 keys are not supported: a peer id here is Ed25519') }
    export const secp256k1 = new Proxy({}, { get: () => new Proxy(refuse, { get: () => refuse }) })`,
  // Enumerations of labels, and nothing that counts: without a register the library counts nothing.
  './metrics.js': `
    const labels = () => new Proxy({}, { get: (_, label) => String(label) })
    export const [MessageSource, InclusionReason, ChurnReason, ScorePenalty, IHaveIgnoreReason, IDontWantSkipPath, ScoreThreshold] =
      Array.from({ length: 7 }, labels)
    export const getMetrics = () => { throw new Error('gossipsub metrics are left out of this build') }`,
  '@libp2p/logger': `
    const quiet = () => {}
    const silent = Object.assign(quiet, { error: quiet, trace: quiet, newScope: () => silent, enabled: false })
    export const defaultLogger = () => ({ forComponent: () => silent })`,
  '@multiformats/dns': `
    export const RecordType = {}
    export const dns = () => ({ query: () => Promise.reject(new Error('addresses here name no hosts')) })`,
  netmask: 'export class Netmask { contains() { return false } }',
  '@chainsafe/netmask': `
    export class IpNet { contains() { return false } }
    export const cidrContains = () => false`,
  './bases/base256emoji.js': 'export {}',
  debug: 'module.exports = () => () => {}',
  randombytes: `
    module.exports = size => {
      const bytes = crypto.getRandomValues(new Uint8Array(size))
      return { toString: () => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('') }
    }`,
  buffer: 'exports.Buffer = { from: data => new Uint8Array(data) }',
  'queue-microtask': 'module.exports = queueMicrotask',
  // An event emitter with as much of a stream as simple-peer touches: what arrives is told at once, as `data`.
  'readable-stream': `
    exports.Duplex = class {
      constructor() {
        this.listeners = new Map()
        this._readableState = { ended: false }
        this._writableState = { finished: false }
      }
      on(name, listener) {
        this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener])
        return this
      }
      once(name, listener) {
        const wrapped = (...given) => {
          this.removeListener(name, wrapped)
          listener.apply(this, given)
        }
        wrapped.listener = listener
        return this.on(name, wrapped)
      }
      removeListener(name, listener) {
        const kept = (this.listeners.get(name) ?? []).filter(one => one !== listener && one.listener !== listener)
        this.listeners.set(name, kept)
        return this
      }
      emit(name, ...given) {
        for (const listener of this.listeners.get(name) ?? []) listener.apply(this, given)
      }
      push(chunk) {
        if (chunk !== null) return this.emit('data', chunk)
        this._readableState.ended = true
        this.emit('end')
      }
      end() {
        this._writableState.finished = true
        this.emit('finish')
      }
    }`,
}

/** As protons generates it: the third function that `message` is given, up to the end of that call, which is indented alike. */
const streamingDecoder = /^( +)\}, function\* \(reader, length, prefix, opts = \{\}\) \{$[\s\S]*?^\1\}\);$/gm

const prefix = '\0tabmesh-stub:'
/** Names that other packages may mean in earnest are stubbed for the one that does not need them. */
const stubbedFor = (id: string, importer = '') => {
  if (id.startsWith('./')) return importer.includes(id === './metrics.js' ? '/@libp2p/gossipsub/' : '/multiformats/')
  return /mask$|^@/.test(id) || importer.includes('/simple-peer/')
}

export function trim(): Plugin {
  return {
    name: 'tabmesh-trim',
    apply: 'build',
    enforce: 'pre',
    async resolveId(id, importer) {
      if (id === 'simple-peer/simplepeer.min.js') return this.resolve('simple-peer/index.js', importer)
      return id in stubs && stubbedFor(id, importer) ? prefix + id : null
    },
    transform: (code, id) =>
      id.includes('/node_modules/') && code.includes("from 'protons-runtime'")
        ? { code: code.replaceAll(streamingDecoder, '$1});'), map: null }
        : null,
    load: id => (id.startsWith(prefix) ? (stubs[id.slice(prefix.length)] ?? null) : null),
  }
}
