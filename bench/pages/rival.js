// One document over y-webrtc, tab to tab by WebRTC alone: its BroadcastChannel between tabs of one browser is switched off.
import { WebrtcProvider } from 'y-webrtc'
import * as Y from 'yjs'

const parameters = new URLSearchParams(location.search)
const doc = new Y.Doc()
const provider = new WebrtcProvider(parameters.get('room'), doc, {
  signaling: [parameters.get('signaling')],
  filterBcConns: false,
  maxConns: 100,
})
globalThis.rival = {
  text: async () => doc.getText('text'),
  peers: () => [...(provider.room?.webrtcConns.values() ?? [])].filter(({ connected }) => connected).length,
}
