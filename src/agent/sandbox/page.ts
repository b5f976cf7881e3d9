/** The page's part of the sandbox: makes the frame, hands out a port to it, and removes it. Everything else passes the page by. */
import { MeshError } from '../../base/errors.ts'
import { frameGreeting, sandboxDocument } from './document.ts'
import { frameOpenMs } from './limits.ts'

export interface SandboxFrame {
  /** Its other end lies in the frame; transfer it to the engine. */
  readonly port: MessagePort
  close(): void
}

/**
 * Opens a frame with an opaque origin. `url` is where `sandbox.html` is served; without it the document goes in as `srcdoc`, which works
 * wherever the page's own Content-Security-Policy allows inline scripts.
 */
export function openSandboxFrame(url?: URL): Promise<SandboxFrame> {
  const iframe = document.createElement('iframe')
  iframe.sandbox.add('allow-scripts')
  iframe.referrerPolicy = 'no-referrer'
  iframe.title = 'Code sandbox'
  iframe.tabIndex = -1
  iframe.style.display = 'none'
  iframe.setAttribute('aria-hidden', 'true')
  if (url) iframe.src = url.href
  else iframe.srcdoc = sandboxDocument

  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer)
      removeEventListener('message', greeted)
    }
    const greeted = (event: MessageEvent) => {
      if (event.source !== iframe.contentWindow || event.data !== frameGreeting) return
      settle()
      const { port1, port2 } = new MessageChannel()
      // An opaque origin has no name to address; the window itself is what we check.
      iframe.contentWindow?.postMessage(frameGreeting, '*', [port2])
      resolve({ port: port1, close: () => iframe.remove() })
    }
    const timer = setTimeout(() => {
      settle()
      iframe.remove()
      reject(new MeshError('unsupported', 'The code sandbox cannot be opened in this page.'))
    }, frameOpenMs)
    addEventListener('message', greeted)
    document.body.append(iframe)
  })
}
