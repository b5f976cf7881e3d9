/** Which kinds of address this browser finds for itself now, by a connection that is thrown away. Page only. */
import type { CandidateType } from '../facts.ts'

/** A STUN or TURN server that has not answered by then will not, ms. */
const gatherTimeoutMs = 4_000

export async function gatherCandidateTypes(iceServers: RTCIceServer[]): Promise<CandidateType[]> {
  const connection = new RTCPeerConnection({ iceServers })
  const found = new Set<CandidateType>()
  const done = Promise.withResolvers<void>()
  const late = setTimeout(done.resolve, gatherTimeoutMs)
  connection.onicecandidate = ({ candidate }) => {
    if (candidate?.type) found.add(candidate.type as CandidateType)
    else if (!candidate) done.resolve()
  }
  try {
    connection.createDataChannel('')
    await connection.setLocalDescription()
    await done.promise
  } finally {
    clearTimeout(late)
    connection.close()
  }
  return [...found]
}
