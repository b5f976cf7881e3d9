/** Connections of WebRTC as a page makes them: whether they are one, and the same one. */
import type { Page } from 'puppeteer-core'

declare global {
  /** Every connection that the page made, in order. */
  var connections: RTCPeerConnection[]
}

/** From the next document on. */
export async function keepConnections(page: Page): Promise<void> {
  await page.evaluateOnNewDocument(() => {
    const Native = globalThis.RTCPeerConnection
    globalThis.connections = []
    globalThis.RTCPeerConnection = class extends Native {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        globalThis.connections.push(this)
      }
    }
  })
}
