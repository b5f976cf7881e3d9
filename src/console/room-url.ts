/**
 * The address of a room. `/#room=NAME&key=SECRET` is private and lies wholly in the fragment, which no server sees;
 * `/?room=NAME` is public. `name` and `signaling` (or `bootstrap`) are accepted in both places, the fragment first.
 */
import { keyCharsMax, roomNameCharsMax, tabNameCharsMax } from './limits.ts'

export interface RoomLink {
  readonly room: string
  /** Absent in a public room. */
  readonly secret?: string
  readonly name?: string
  readonly signaling?: string
  /** Asks for a room of the same name beside one that has another key. */
  readonly separate?: true
}

export interface LinkProblem {
  readonly title: string
  readonly advice: string
}

export type ParsedUrl =
  | { readonly kind: 'room'; readonly link: RoomLink }
  /** No room is named: the caller makes a private one. */
  | { readonly kind: 'none'; readonly name?: string; readonly signaling?: string }
  | { readonly kind: 'bad'; readonly problem: LinkProblem }

const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
const signalingProtocols = new Set(['ws:', 'wss:', 'http:', 'https:'])

export function parseRoomUrl(url: URL): ParsedUrl {
  const fragment = new URLSearchParams(url.hash.slice(1))
  const either = (key: string) => fragment.get(key) ?? url.searchParams.get(key) ?? undefined

  const name = either('name')?.trim() || undefined
  const signaling = either('signaling') ?? either('bootstrap')
  const extras = { ...(name && { name }), ...(signaling && { signaling }) }
  const problem = nameProblem(name) ?? signalingProblem(signaling)
  if (problem) return { kind: 'bad', problem }

  if (url.searchParams.has('key'))
    return bad(
      'The key of this link is in the wrong place',
      'It stands after the ?, where a server can read it. Ask for a new room; in its link the key stands after the #.',
    )
  const room = fragment.get('room') ?? url.searchParams.get('room')
  if (room === null) return { kind: 'none', ...extras }
  const roomIssue = roomProblem(room)
  if (roomIssue) return { kind: 'bad', problem: roomIssue }

  if (!fragment.has('room')) return { kind: 'room', link: { room, ...extras } }
  const secret = fragment.get('key')
  if (!secret)
    return bad(
      'This link has lost its key',
      'The part after “&key=” is missing. Ask whoever sent it for the whole link, and paste all of it.',
    )
  if (secret.length > keyCharsMax || unprintable.test(secret))
    return bad(
      'The key in this link cannot be right',
      `A key has 1 to ${keyCharsMax} printable characters. Ask for the link again, and paste all of it.`,
    )
  const separate = fragment.get('separate') === '1'
  return { kind: 'room', link: { room, secret, ...extras, ...(separate && { separate }) } }
}

/** The fragment of a private room's address, without the `#`. */
export function roomFragment(link: RoomLink): string {
  const params = new URLSearchParams({ room: link.room })
  if (link.secret) params.set('key', link.secret)
  if (link.name) params.set('name', link.name)
  if (link.signaling) params.set('signaling', link.signaling)
  if (link.separate) params.set('separate', '1')
  return params.toString()
}

/** Whether two links lead into the same room by the same way; their `name` does not matter. */
export function isSameRoom(a: RoomLink, b: RoomLink): boolean {
  return a.room === b.room && a.secret === b.secret && a.signaling === b.signaling && a.separate === b.separate
}

function roomProblem(room: string): LinkProblem | undefined {
  if (room.trim() !== '' && room.length <= roomNameCharsMax && !unprintable.test(room)) return undefined
  return {
    title: 'The room name in this link cannot be right',
    advice: `A name has 1 to ${roomNameCharsMax} printable characters. Check the link, or open a new room.`,
  }
}

function nameProblem(name: string | undefined): LinkProblem | undefined {
  if (name === undefined || (name.length <= tabNameCharsMax && !unprintable.test(name))) return undefined
  return {
    title: 'The name in this link cannot be right',
    advice: `A tab's name has at most ${tabNameCharsMax} printable characters. Shorten “name=” in the link.`,
  }
}

function signalingProblem(signaling: string | undefined): LinkProblem | undefined {
  if (signaling === undefined) return undefined
  if (URL.canParse(signaling) && signalingProtocols.has(new URL(signaling).protocol)) return undefined
  return {
    title: 'The signaling address in this link cannot be right',
    advice: 'It must be a whole address, such as wss://signal.example.org. Correct “signaling=”, or leave it out.',
  }
}

function bad(title: string, advice: string): ParsedUrl {
  return { kind: 'bad', problem: { title, advice } }
}
