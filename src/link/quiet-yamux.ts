/**
 * Yamux that grants window only when half of it is used, as other implementations do; @libp2p/yamux answers every data frame
 * with a window update, which between tabs doubled the messages on every link (docs/decisions/0003-quiet-yamux.md).
 */
import type { StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'
import { yamux } from '@libp2p/yamux'

/** Bytes one stream may have under way before its reader must answer. */
const streamWindowBytes = 1024 * 1024

/** As much as is used of the library's stream. Anything but `established` means that an update also carries a flag and must go. */
interface YamuxStream {
  readonly state: number
  readonly recvWindow: number
  readonly recvWindowCapacity: number
  sendWindowUpdate(): void
}
const established = 3

interface YamuxMuxer extends StreamMuxer {
  _newStream(...given: unknown[]): YamuxStream
}

export function quietYamux(): () => StreamMuxerFactory {
  const inner = yamux({
    enableKeepAlive: false, // heartbeats of ours
    streamOptions: { initialStreamWindowSize: streamWindowBytes },
  })
  return () => {
    const factory = inner()
    return {
      protocol: factory.protocol,
      createStreamMuxer(connection) {
        const muxer = factory.createStreamMuxer(connection) as unknown as YamuxMuxer
        const newStream = muxer._newStream.bind(muxer)
        muxer._newStream = (...given) => quieten(newStream(...given))
        return muxer
      },
    }
  }
}

function quieten(stream: YamuxStream): YamuxStream {
  const sendWindowUpdate = stream.sendWindowUpdate.bind(stream)
  stream.sendWindowUpdate = () => {
    const isHalfUsed = stream.recvWindowCapacity <= stream.recvWindow / 2
    if (stream.state !== established || isHalfUsed) sendWindowUpdate()
  }
  return stream
}
