/**
 * The tie-break that keeps one connection per peer. Pure.
 *
 * 1. At most one attempt per peer is current.
 * 2. When both sides offer at once, the offer of the lower PeerId stands; the other side drops its own and answers.
 * 3. An offer for a peer that is already linked means that its side lost the link, or is a new session: it replaces the link.
 * 4. An offer of a session older than the one we know is void: it was under way when its tab reloaded.
 */
import type { PeerId, SessionId } from '../../base/ids.ts'

export interface Attempt {
  readonly id: string
  readonly role: 'offerer' | 'answerer'
  readonly session: SessionId
  readonly isOpen: boolean
}

export type OfferVerdict = 'answer' | 'replace' | 'ignore'

export function judgeOffer(
  self: PeerId,
  from: PeerId,
  offer: { readonly attempt: string; readonly session: SessionId },
  current: Attempt | undefined,
): OfferVerdict {
  if (!current) return 'answer'
  if (offer.attempt === current.id) return 'ignore' // delivered twice
  if (isOlder(offer.session, current.session)) return 'ignore'
  if (current.session !== offer.session) return 'replace'
  const isGlare = current.role === 'offerer' && !current.isOpen
  return isGlare && self < from ? 'ignore' : 'replace'
}

/**
 * Sessions start with their start time in base 36, so that the later of two is known; of two that started in the same ms all
 * peers must prefer the same one, whichever they hear of first, so their ids decide.
 */
export function isOlder(session: SessionId, than: SessionId): boolean {
  const started = (id: SessionId) => Number.parseInt(id.split('-')[0] ?? '', 36)
  const [ours, theirs] = [started(session), started(than)]
  return ours === theirs ? session < than : ours < theirs
}
