/**
 * The HTTP headers of everything we serve, in one place, so that `npm start`, `npm run dev` and the tests cannot differ.
 * The why of the sandbox frame: docs/decisions/0001-sandbox-frame.md.
 */

/** The document in which typed or sent code runs. Its own policy, since a srcdoc frame would inherit the page's. */
const sandboxPath = '/sandbox.html'

const pagePolicy = {
  'default-src': "'none'",
  'script-src': "'self'",
  // blob: a worker of our own bundle may be started from a blob by the libraries that inline theirs.
  'worker-src': "'self' blob:",
  // Web Awesome and Lit put style elements into shadow roots where adopted sheets are missing.
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' data: blob:",
  'font-src': "'self' data:",
  'media-src': "'self' blob:",
  'manifest-src': "'self'",
  // Signaling may live elsewhere, and Vite's dev socket does too.
  'connect-src': "'self' ws: wss:",
  'frame-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'self'",
}

/** No network of any kind: everything falls back to `default-src 'none'`, and a blob worker inherits it. No eval: code arrives as a blob. */
const sandboxPolicy = {
  'default-src': "'none'",
  'script-src': "'unsafe-inline' blob:",
  'worker-src': 'blob:',
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'self'",
  sandbox: 'allow-scripts',
}

const everywhere = {
  'X-Content-Type-Options': 'nosniff',
  // The fragment never leaves the browser, but `?room=NAME` would.
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=(), midi=()',
}

export function headersFor(pathname: string): Readonly<Record<string, string>> {
  const policy = pathname === sandboxPath ? sandboxPolicy : pagePolicy
  return { ...everywhere, 'Content-Security-Policy': policyText(policy) }
}

function policyText(policy: Readonly<Record<string, string>>): string {
  return Object.entries(policy)
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; ')
}
