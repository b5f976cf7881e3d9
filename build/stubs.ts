/** What trim.ts puts in the place of library modules that are left out of our bundles. */

/** By the name that a package is imported by. */
export const packages: Readonly<Record<string, string>> = {
  '@libp2p/logger': `
    const quiet = () => {}
    const silent = Object.assign(quiet, { error: quiet, trace: quiet, newScope: () => silent, enabled: false })
    export const defaultLogger = () => ({ forComponent: () => silent })`,
  '@chainsafe/netmask': `
    export class IpNet { contains() { return false } }
    export const cidrContains = () => false`,
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

/** A kind of key that no peer here has: what would make or read one throws, as a malformed key does. */
const noKeys = (kind: string, ...names: readonly string[]) => `
    import { UnsupportedKeyTypeError } from '@libp2p/interface'
    const refuse = () => { throw new UnsupportedKeyTypeError('${kind} keys are not supported: a peer id here is Ed25519') }
    export { ${names.map(name => `refuse as ${name}`).join(', ')} }`

/** A list of addresses that stays empty. */
const noAddresses = `{
      has() { return false }
      getAll() { return [] }
      add() {}
      remove() { return false }
      removePrefixed() {}
      confirm() { return false }
      unconfirm() { return false }
    }`

/** By the file in node_modules. */
export const files: Readonly<Record<string, string>> = {
  '@libp2p/crypto/dist/src/keys/ecdsa/utils.js': noKeys(
    'ECDSA',
    'generateECDSAKeyPair',
    'pkiMessageToECDSAPrivateKey',
    'pkiMessageToECDSAPublicKey',
    'privateKeyToPKIMessage',
    'publicKeyToPKIMessage',
    'unmarshalECDSAPrivateKey',
    'unmarshalECDSAPublicKey',
  ),
  '@libp2p/crypto/dist/src/keys/rsa/utils.js': noKeys(
    'RSA',
    'generateRSAKeyPair',
    'jwkToRSAPrivateKey',
    'pkcs1MessageToRSAPrivateKey',
    'pkcs1ToRSAPrivateKey',
    'pkixMessageToRSAPublicKey',
    'pkixToRSAPublicKey',
  ),
  '@libp2p/crypto/dist/src/keys/secp256k1/utils.js': noKeys(
    'secp256k1',
    'generateSecp256k1KeyPair',
    'unmarshalSecp256k1PrivateKey',
    'unmarshalSecp256k1PublicKey',
  ),
  // Nobody here asks others where to find a peer or content: a peer's address follows from its id.
  'libp2p/dist/src/content-routing.js': 'export class CompoundContentRouting {}',
  'libp2p/dist/src/peer-routing.js': `
    import { NoPeerRoutersError } from './errors.js'
    export class DefaultPeerRouting { async findPeer() { throw new NoPeerRoutersError('No peer routers available') } }`,
  'libp2p/dist/src/random-walk.js': 'export class RandomWalk {}',
  // The one is switched off in our options, the other waits for peers with a tag that nobody here sets.
  'libp2p/dist/src/connection-monitor.js': 'export class ConnectionMonitor {}',
  'libp2p/dist/src/connection-manager/reconnect-queue.js': 'export class ReconnectQueue {}',
  // An address here names neither a host nor an IP, and a peer is dialled at one: nothing to look up, to map, or to put in order.
  'libp2p/dist/src/address-manager/dns-mappings.js': `export class DNSMappings ${noAddresses}`,
  'libp2p/dist/src/address-manager/ip-mappings.js': `export class IPMappings ${noAddresses}`,
  'libp2p/dist/src/address-manager/observed-addresses.js': `export class ObservedAddresses ${noAddresses}`,
  'libp2p/dist/src/connection-manager/address-sorter.js': 'export const defaultAddressSorter = addresses => addresses',
  'libp2p/dist/src/connection-manager/resolvers/dnsaddr.js':
    'export const dnsaddrResolver = { canResolve: () => false }',
  '@libp2p/utils/dist/src/private-ip.js': 'export const isPrivateIp = () => false',
  // It tells which addresses others saw us at are known already: with all of them known, none is kept.
  '@libp2p/utils/dist/src/filters/index.js': 'export const createScalableCuckooFilter = () => ({ has: () => true })',
  // It shares locks among the tabs and workers of an origin: the peer store's are each for one process.
  'mortice/dist/src/browser.js': 'export default () => ({ addEventListener() {} })',
  // Enumerations of labels, and nothing that counts: without a register the library counts nothing.
  '@libp2p/gossipsub/dist/src/metrics.js': `
    const labels = () => new Proxy({}, { get: (_, label) => String(label) })
    export const [MessageSource, InclusionReason, ChurnReason, ScorePenalty, IHaveIgnoreReason, IDontWantSkipPath, ScoreThreshold] =
      Array.from({ length: 7 }, labels)
    export const getMetrics = () => { throw new Error('gossipsub metrics are left out of this build') }`,
  '@libp2p/gossipsub/dist/src/score/scoreMetrics.js': `
    export const computeAllPeersScoreWeights = () => { throw new Error('gossipsub metrics are left out of this build') }`,
  // Of the 24 ways to write bytes as text those that the libraries use. As namespaces they would cost a file for the bundler's own helpers too.
  'multiformats/dist/src/basics.js': `
    import { base16 } from './bases/base16.js'
    import { base32 } from './bases/base32.js'
    import { base36 } from './bases/base36.js'
    import { base58btc } from './bases/base58.js'
    import { base64, base64url } from './bases/base64.js'
    export const bases = { base16, base32, base36, base58btc, base64, base64url }`,
}
