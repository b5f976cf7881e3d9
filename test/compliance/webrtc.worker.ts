/** The transport suite as the engine runs it: in a worker, over channels that the page negotiated and handed over. */
import mocha from 'mocha/mocha.js'
import type { PeerId } from '../../src/base/ids.ts'
import { systemClock } from '../../src/base/system.ts'
import { DialLog } from '../../src/link/dials.ts'
import type { Remote } from '../../src/link/types.ts'
import { WebRtcLinks } from '../../src/link/webrtc/links.ts'
import type { ToEngine, ToPage } from '../../src/link/webrtc/protocol.ts'
import { collect, Silent } from './report.ts'
import { testTimeoutMs, transportSuite } from './suite.ts'

/** Signals go straight to the other side: the signaling server is not what is tested here. */
const reachable = new Map<PeerId, WebRtcLinks>()

function linksOf(self: Remote): WebRtcLinks {
  const { port1, port2 } = new MessageChannel()
  postMessage({ kind: 'negotiate', port: port2 }, { transfer: [port2] })
  const links = new WebRtcLinks({
    self: self.peer,
    clock: systemClock,
    iceServers: [],
    toPage: (message: ToPage) => port1.postMessage(message),
    sendSignal: (to, signal) => queueMicrotask(() => reachable.get(to.peer)?.receive(self, signal)),
    retire: async () => {},
    dials: new DialLog(systemClock),
    newId: () => crypto.randomUUID(),
    onSaid: () => {},
  })
  port1.onmessage = event => links.fromPage(event.data as ToEngine)
  reachable.set(self.peer, links)
  return links
}

mocha.setup({ ui: 'bdd', timeout: testTimeoutMs, reporter: Silent, checkLeaks: false })
// A second connection to a linked peer is what this provider exists to refuse (one connection per peer, docs/protocol.md).
mocha.grep(/should listen on multiple addresses/).invert()
transportSuite({
  scheme: 'webrtc',
  pair: (dialer, listener) => ({ dialer: linksOf(dialer), listener: linksOf(listener) }),
})
collect(mocha.run()).then(report => postMessage({ kind: 'report', report }))
