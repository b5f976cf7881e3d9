/** The page beside the suite's worker: it alone may hold an RTCPeerConnection. */
import { PageLinks } from '../../src/link/webrtc/page.ts'
import type { Report } from './report.ts'

type FromWorker = { kind: 'negotiate'; port: MessagePort } | { kind: 'report'; report: Report }

declare global {
  var complianceReport: Report | undefined
}

const forceBridge = new URLSearchParams(location.search).has('bridge')
const worker = new Worker(new URL('./webrtc.worker.ts', import.meta.url), { type: 'module' })
worker.onmessage = event => {
  const message = event.data as FromWorker
  if (message.kind === 'negotiate') new PageLinks({ port: message.port, forceBridge })
  else globalThis.complianceReport = message.report
}
