/** What each problem is called in the top bar, and what a person can do about it. Codes of MeshError; the engine's message says the rest. */

export interface ProblemWords {
  /** One or two words for the top bar. */
  readonly word: string
  readonly title: string
  readonly advice: string
}

const words: Readonly<Record<string, ProblemWords>> = {
  'wrong-secret': {
    word: 'Wrong key',
    title: 'This room has another key',
    advice: 'A room of this name is open, but the key in your link is not the key of that room.',
  },
  'version-mismatch': {
    word: 'Out of date',
    title: 'This tab runs another version',
    advice: 'The others in the room speak a newer or older version of tabmesh. Reload this tab to get the current one.',
  },
  'signaling-unreachable': {
    word: 'No signaling',
    title: 'The signaling server does not answer',
    advice:
      'Tabs that are linked stay linked, but nobody new can find this room. This tab keeps trying. ' +
      'Check the network, or whether the server runs.',
  },
  'room-full': {
    word: 'Room full',
    title: 'This room is full',
    advice: 'Wait until somebody leaves and try again, or open a room of your own.',
  },
  'admission-refused': {
    word: 'Refused',
    title: 'The room did not let this tab in',
    advice: 'Ask whoever invited you for a fresh link.',
  },
  'dial-failed': {
    word: 'No path',
    title: 'No path to the others',
    advice:
      'This network may block direct links. Try another network, or give the room a TURN server, which forwards what cannot pass directly.',
  },
  unsupported: {
    word: 'Unsupported',
    title: 'Something this tab needs is missing',
    advice:
      'Reload the page: a part of it may not have arrived. Else open the link in a current Chrome, Edge, Firefox or Safari, over https:// or on localhost.',
  },
  'storage-lost': {
    word: 'No storage',
    title: 'The browser took back this site’s storage',
    advice: 'The mesh goes on, but this tab cannot keep anything. Free some disk space, then reload.',
  },
  'storage-full': {
    word: 'Storage full',
    title: 'This site’s storage is full',
    advice: 'Free some disk space, or use smaller texts. What the other tabs hold is safe.',
  },
  overloaded: {
    word: 'Overloaded',
    title: 'This tab gets more than it can handle',
    advice: 'Messages are slowed down until it has caught up. Close what else keeps this device busy.',
  },
  timeout: {
    word: 'Timed out',
    title: 'Joining took too long',
    advice: 'Check the network and try again.',
  },
}

export function problemWords(code: string): ProblemWords {
  return words[code] ?? { word: 'Problem', title: 'Something went wrong', advice: 'Reload this tab to try again.' }
}
