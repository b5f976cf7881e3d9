// The baseline of every benchmark: a bare RTCDataChannel between two tabs of one browser, negotiated over a BroadcastChannel, which is
// as fast as signaling can be. `globalThis.raw` is driven by bench/support/raw.ts.
const signals = new BroadcastChannel('raw')
const self = crypto.randomUUID()
const sessions = new Map()

signals.onmessage = async ({ data: { from, session, kind, body } }) => {
  if (from === self) return
  if (kind === 'offer') {
    const { connection } = open(session)
    await connection.setRemoteDescription(body)
    await connection.setLocalDescription()
    say(session, 'answer', connection.localDescription.toJSON())
  } else if (kind === 'answer') await sessions.get(session).connection.setRemoteDescription(body)
  else await sessions.get(session)?.connection.addIceCandidate(body)
}

function say(session, kind, body) {
  signals.postMessage({ from: self, session, kind, body })
}

function open(session) {
  const connection = new RTCPeerConnection()
  const channel = connection.createDataChannel('raw', { negotiated: true, id: 0 })
  channel.binaryType = 'arraybuffer'
  connection.onicecandidate = ({ candidate }) => candidate && say(session, 'candidate', candidate.toJSON())
  // What comes with a first byte of 1 goes back; the rest is counted.
  channel.onmessage = ({ data }) => {
    if (new Uint8Array(data)[0] === 1) channel.send(new Uint8Array(data).fill(2, 0, 1))
    else received()
  }
  sessions.set(session, { connection, channel })
  return { connection, channel }
}

let receivedMessages = 0
let onReceived
function received() {
  receivedMessages++
  onReceived?.()
}

async function dial() {
  const startedAt = performance.now()
  const session = crypto.randomUUID()
  const { connection, channel } = open(session)
  const opened = new Promise((resolve, reject) => {
    channel.onopen = resolve
    connection.onconnectionstatechange = () => connection.connectionState === 'failed' && reject(new Error('failed'))
  })
  await connection.setLocalDescription()
  say(session, 'offer', connection.localDescription.toJSON())
  await opened
  return { session, ms: performance.now() - startedAt }
}

function hangUp(session) {
  sessions.get(session).connection.close()
  sessions.delete(session)
}

/** Round trips one after the other, ms each. */
async function roundTrips(session, count, bytes) {
  const { channel } = sessions.get(session)
  const message = new Uint8Array(bytes).fill(1, 0, 1)
  const times = []
  for (let index = 0; index < count; index++) {
    const startedAt = performance.now()
    const back = new Promise(resolve => {
      onReceived = resolve
    })
    channel.send(message)
    await back
    times.push(performance.now() - startedAt)
  }
  onReceived = undefined
  return times
}

/** Sends as fast as the channel takes it, 1 MiB in flight at most; resolves when all has left. */
async function flood(session, messages, bytes) {
  const { channel } = sessions.get(session)
  const message = new Uint8Array(bytes)
  channel.bufferedAmountLowThreshold = 256 * 1024
  for (let index = 0; index < messages; index++) {
    if (channel.bufferedAmount > 1024 * 1024) {
      await new Promise(resolve => {
        channel.onbufferedamountlow = resolve
      })
    }
    channel.send(message)
  }
}

/** Wall time at which `messages` have come, ms since 1970. */
function whenReceived(messages) {
  receivedMessages = 0
  return new Promise(resolve => {
    onReceived = () => {
      if (receivedMessages < messages) return
      onReceived = undefined
      resolve(performance.timeOrigin + performance.now())
    }
  })
}

/** For the benchmark of leaving: the moment of `pagehide`, and of the other side's noticing, ms since 1970. */
const stamps = new BroadcastChannel('bench-closed')
addEventListener('pagehide', () => {
  stamps.postMessage(Date.now())
  for (const { connection } of sessions.values()) connection.close()
})

function whenClosed(session) {
  const { channel } = sessions.get(session)
  return new Promise(resolve => {
    channel.onclose = () => resolve(Date.now())
  })
}

globalThis.raw = { dial, hangUp, roundTrips, flood, whenReceived, whenClosed }
