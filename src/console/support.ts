/** Whether this browser and this address can run a peer at all. Asked before the engine starts; no libraries here. */
import type { LinkProblem } from './room-url.ts'

export interface Problem extends LinkProblem {
  readonly kind: 'insecure' | 'too-old' | 'missing'
}

/** What is looked at; a test hands in less than a browser has. */
export interface World {
  readonly isSecureContext: boolean
  readonly crypto?: { readonly subtle?: unknown }
  readonly navigator?: { readonly locks?: unknown }
  readonly indexedDB?: unknown
  readonly Worker?: unknown
  readonly RTCPeerConnection?: unknown
  readonly BroadcastChannel?: unknown
  readonly structuredClone?: unknown
  readonly Array: { readonly prototype: object }
  readonly location?: { readonly host: string; readonly pathname: string }
}

export function checkSupport(world: World = globalThis): Problem | undefined {
  if (!world.isSecureContext) return insecure(world.location)
  // The language of 2023, which our code is written in: Chromium 110, Firefox 115, Safari 16.4 and later.
  if (!('toSorted' in world.Array.prototype) || !world.structuredClone || !world.BroadcastChannel)
    return {
      kind: 'too-old',
      title: 'This browser is too old for tabmesh',
      advice: 'Update it, or open this link in a current Chrome, Edge, Firefox or Safari.',
    }
  const missing = [
    world.crypto?.subtle ? '' : 'WebCrypto',
    world.navigator?.locks ? '' : 'Web Locks',
    world.indexedDB ? '' : 'IndexedDB',
    world.Worker ? '' : 'web workers',
    world.RTCPeerConnection ? '' : 'WebRTC',
  ].filter(name => name !== '')
  if (missing.length === 0) return undefined
  return {
    kind: 'missing',
    title: `This browser does not offer ${list(missing)}`,
    advice:
      'A strict privacy setting, an extension or a private window may have switched this off. ' +
      'Allow it for this site, or open the link in a current Chrome, Edge, Firefox or Safari.',
  }
}

function insecure(location: World['location']): Problem {
  const secure = location ? ` For this page: https://${location.host}${location.pathname}` : ''
  return {
    kind: 'insecure',
    title: 'This page needs a secure address',
    advice:
      'Browsers give out cryptography only over https:// and on http://localhost. Open the same link with https://. ' +
      `Whoever runs the server can start it with “npm start -- --https”.${secure}`,
  }
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}
