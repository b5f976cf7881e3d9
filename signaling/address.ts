/** Whose quota a socket counts against. */
import type { IncomingMessage } from 'node:http'
import { isIPv4, isIPv6 } from 'node:net'

/** The peer's address; with `trustProxy` the one that our own proxy appended last to X-Forwarded-For, which others cannot forge. */
export function remoteAddress(request: IncomingMessage, trustProxy: boolean): string {
  const direct = request.socket.remoteAddress ?? 'unknown'
  if (!trustProxy) return network(direct)
  const forwarded = request.headers['x-forwarded-for']
  const chain = (Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? '')).split(',')
  const last = (chain.at(-1) ?? '').trim()
  return network(isIPv4(last) || isIPv6(last) ? last : direct)
}

/** An IPv4 address as it is; of an IPv6 address the /64 that one customer gets, since they have 2^64 of them to choose from. */
export function network(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address
  const front = ipv6Groups(address).slice(0, 4)
  return `${front.map(group => group.toString(16)).join(':')}::/64`
}

/** The eight 16-bit groups of an IPv6 address (one that ends in dotted IPv4 is not taken apart). */
export function ipv6Groups(address: string): readonly number[] {
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16)))
  const front = groups(head)
  if (tail === undefined) return front
  const back = groups(tail)
  return [...front, ...Array<number>(Math.max(0, 8 - front.length - back.length)).fill(0), ...back]
}
