/** What a person can do about a dial that failed, by the stage that it did not pass. Kept out of the engine, which is small. */
import type { LoggedDial } from './dials.ts'
import type { DialRecord, DialStage } from './facts.ts'

export function withAdvice(dial: LoggedDial): DialRecord {
  const { failure } = dial
  return { ...dial, failure: failure && { ...failure, advice: adviceAt[failure.stage] } }
}

const adviceAt: Readonly<Record<DialStage, string>> = {
  offered: 'The page did not come to make an offer. Reload this tab.',
  signaled:
    'Nothing could be said to the other side: signaling is down, and no link leads there. Check the signaling server.',
  answered:
    'The other side did not answer. It may be asleep, closed, or cut off from signaling; this tab tries again by itself.',
  candidates: 'The other side named no address to try. A browser or an extension there may block WebRTC.',
  connected:
    'No path: both sides are behind strict NATs, or a firewall blocks UDP. Add a TURN server (option iceServers).',
  opened: 'A path was found, and the channel did not open on it. This tab tries again by itself.',
  secured: 'The channel opened, and the other side did not prove who it is. Reload both tabs if this goes on.',
  admitted:
    'The other side holds another key for this room, or is of another version. Check the link you were given, and reload the older tab.',
}
