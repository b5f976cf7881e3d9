/** Under which names this machine can be reached, for the URLs we print and the names in a certificate. */
import { hostname, networkInterfaces } from 'node:os'
import { isLoopbackName } from '../../signaling/origin.ts'

/** IPv4 only: what a person can type into a phone. */
function networkAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap(addresses => addresses ?? [])
    .filter(address => address.family === 'IPv4' && !address.internal)
    .map(address => address.address)
}

function isEveryAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

/** Hosts to print for what we listen on, the nearest first. */
export function reachableHosts(host: string): readonly string[] {
  return isEveryAddress(host) ? ['localhost', ...networkAddresses()] : [host]
}

export function certificateNames(host: string): readonly string[] {
  const own = isEveryAddress(host) || isLoopbackName(host) ? [] : [host]
  return [...new Set(['localhost', '127.0.0.1', '::1', ...networkAddresses(), `${hostname()}.local`, ...own])]
}
