/**
 * A Vite plugin that leaves out of our bundles what libp2p brings along for keys that no peer of ours has: all our PeerIds are
 * Ed25519, so secp256k1 (and with it the general Weierstrass curves) is replaced by a stub that refuses. Saves 12 KB gzip.
 */
import type { Plugin } from 'vite'

const stubs: Readonly<Record<string, string>> = {
  '@noble/curves/secp256k1.js': `
    const refuse = () => { throw new Error('secp256k1 keys are not supported: a peer id here is Ed25519') }
    export const secp256k1 = new Proxy({}, { get: () => new Proxy(refuse, { get: () => refuse }) })`,
}

export function trim(): Plugin {
  return {
    name: 'tabmesh-trim',
    enforce: 'pre',
    resolveId: id => (id in stubs ? `\0${id}` : null),
    load: id => stubs[id.slice(1)] ?? null,
  }
}
