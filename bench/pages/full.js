// The baseline of broadcasts: a full mesh of bare RTCDataChannels, unsigned and unencrypted but for DTLS, which nobody relays. Negotiated over
// a BroadcastChannel. `globalThis.full` is driven by bench/gossip.ts.
const signals = new BroadcastChannel('full')
const self = crypto.randomUUID()
const links = new Map()

signals.onmessage = async ({ data: { from, to, kind, body } }) => {
  if (from === self || (to && to !== self)) return
  if (kind === 'hello') {
    const { connection } = open(from)
    await connection.setLocalDescription()
    say(from, 'offer', connection.localDescription.toJSON())
  } else if (kind === 'offer') {
    const { connection } = open(from)
    await connection.setRemoteDescription(body)
    await connection.setLocalDescription()
    say(from, 'answer', connection.localDescription.toJSON())
  } else if (kind === 'answer') await links.get(from).connection.setRemoteDescription(body)
  else await links.get(from)?.connection.addIceCandidate(body)
}

function say(to, kind, body) {
  signals.postMessage({ from: self, to, kind, body })
}

function open(peer) {
  const connection = new RTCPeerConnection()
  const channel = connection.createDataChannel('full', { negotiated: true, id: 0 })
  channel.binaryType = 'arraybuffer'
  channel.bufferedAmountLowThreshold = 256 * 1024
  connection.onicecandidate = ({ candidate }) => candidate && say(peer, 'candidate', candidate.toJSON())
  channel.onmessage = ({ data }) => {
    const now = performance.timeOrigin + performance.now()
    full.heard.latencies.push(now - new DataView(data).getFloat64(0))
    full.heard.lastAtMs = now
  }
  links.set(peer, { connection, channel })
  return { connection, channel }
}

/** To all the others, each message by itself, 1 MiB in flight at most on each channel. Resolves with when it began, ms since 1970. */
async function broadcast(messages, bytes) {
  const startedAtMs = performance.timeOrigin + performance.now()
  const channels = [...links.values()].map(({ channel }) => channel)
  for (let index = 0; index < messages; index++) {
    const message = new DataView(new ArrayBuffer(bytes))
    message.setFloat64(0, performance.timeOrigin + performance.now())
    for (const channel of channels) {
      if (channel.bufferedAmount > 1024 * 1024)
        await new Promise(resolve => {
          channel.onbufferedamountlow = resolve
        })
      channel.send(message)
    }
  }
  return startedAtMs
}

const peers = () => [...links.values()].filter(({ channel }) => channel.readyState === 'open').length
const listen = () => {
  full.heard = { latencies: [], lastAtMs: 0 }
}
const full = { peers, broadcast, listen, heard: { latencies: [], lastAtMs: 0 } }
globalThis.full = full
say(undefined, 'hello')
