/** Which pages may use this server. Browsers send `Origin` and scripts cannot forge it; programs outside a browser send none and may come in. */

/** True for the page's own server, for any page served from this machine, and for what the operator allowed. */
export function originAllowed(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (origin === undefined || allowed.includes('*')) return true
  const page = parseOrigin(origin)
  if (page === undefined) return false
  // Behind a TLS proxy we are spoken to over http by pages of https, so the host alone decides (and the proxy must pass it on).
  return page.host === host?.toLowerCase() || isLoopbackName(page.hostname) || allowed.includes(page.origin)
}

/** `https://example.org`, or undefined for what is no web origin (among them `null`, that of sandboxed frames and files). */
export function parseOrigin(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  const isBare = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === ''
  return isBare && (url.protocol === 'https:' || url.protocol === 'http:') ? url : undefined
}

/** `localhost` and all below it (RFC 6761, section 6.3), 127.0.0.0/8 and ::1. */
export function isLoopbackName(hostname: string): boolean {
  const name = hostname.toLowerCase()
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name) || name === '[::1]' || name === '::1'
}
