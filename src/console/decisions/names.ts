/** What peers are called in sentences. Pure. */
import type { PeerId } from '../../base/ids.ts'
import type { LeaderInfo, MemberId, MemberView } from '../../consensus/decisions/types.ts'
import { ago, shortId } from '../format.ts'

export interface Names {
  readonly self: PeerId | undefined
  /** Of somebody who has left too, as long as it is remembered. */
  nameOf(peer: PeerId): string | undefined
}

/** `Ada`, `this tab`, or the end of the id of a peer nobody here has met. */
export function peerName(peer: PeerId, { self, nameOf }: Names): string {
  return peer === self ? 'this tab' : (nameOf(peer) ?? unbroken(shortId(peer)))
}

/** By its host, since people know tabs and not members; a member without a known host by its own id. */
export function memberName(
  member: { readonly member: MemberId; readonly host: PeerId | undefined },
  names: Names,
): string {
  return member.host ? peerName(member.host, names) : `member ${unbroken(shortId(member.member))}`
}

/** The leader by its latest host: the view's leader may not know it yet. */
export function leaderName(leader: LeaderInfo, members: readonly MemberView[], names: Names): string {
  const host = leader.host ?? members.find(({ member }) => member === leader.member)?.host
  return memberName({ member: leader.member, host }, names)
}

/** A line never ends after the dots: with a word joiner after them. */
function unbroken(id: string): string {
  return id.replace('…', '…\u2060')
}

export function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** `Ada, Bob and Cyd`; past `most` the others are counted. */
export function listed(words: readonly string[], most = 4): string {
  const shown = words.length > most ? [...words.slice(0, most - 1), `${words.length - most + 1} more`] : words
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}

/** `just now`, `12 s ago`: inside a sentence. */
export function whenWords(atMs: number, nowMs: number): string {
  const words = ago(atMs, nowMs)
  return words === 'now' ? 'just now' : words
}

/** As the console knows them. */
export function namesOf(store: {
  readonly self: { readonly value: { readonly id: PeerId } | undefined }
  nameOf(id: PeerId): string | undefined
}): Names {
  return { self: store.self.value?.id, nameOf: id => store.nameOf(id) }
}
