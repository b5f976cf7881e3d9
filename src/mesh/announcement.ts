/** What a peer signs about itself: its announcement while it is here, and its goodbye. Checked where they enter. */
import * as v from 'valibot'
import { MeshError } from '../base/errors.ts'
import type { PeerId, SessionId } from '../base/ids.ts'
import { announcedBytesMax, capabilitiesMax, linksMax, nameCharsMax, protocolVersion } from './limits.ts'
import type { Announcement } from './peer.ts'

export const sessionSchema = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9]{1,12}-[a-z0-9]{8,48}$/),
  v.transform(text => text as SessionId),
)
export const peerSchema = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(128),
  v.transform(text => text as PeerId),
)
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000))
const shortText = v.pipe(v.string(), v.maxLength(nameCharsMax))

const ownWords = {
  name: shortText,
  capabilities: v.pipe(v.array(v.pipe(v.string(), v.maxLength(128))), v.maxLength(capabilitiesMax)),
  load: v.strictObject({ slots: count, busy: count }),
}

export const announcementSchema = v.strictObject({
  version: v.pipe(v.number(), v.integer()),
  session: sessionSchema,
  sequence: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  ...ownWords,
  device: shortText,
  browser: shortText,
  links: v.pipe(
    v.array(
      v.strictObject({
        peer: peerSchema,
        kind: v.picklist(['webrtc', 'broadcast', 'relayed', 'memory']),
        rttMs: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(3_600_000))),
      }),
    ),
    v.maxLength(linksMax * 2),
  ),
})

/** Announcement plus the wire version that its author speaks. */
export type WireAnnouncement = v.InferOutput<typeof announcementSchema>

const ownSchema = v.strictObject(ownWords)

/** What this peer means to say of itself. Throws where others would drop it: it would be in nobody's list, and nobody would know why. */
export function checkedAnnounced(
  announced: Pick<Announcement, 'name' | 'capabilities' | 'load'>,
): Pick<Announcement, 'name' | 'capabilities' | 'load'> {
  const parsed = v.safeParse(ownSchema, announced)
  if (!parsed.success) throw new MeshError('invalid-option', v.summarize(parsed.issues))
  // Twice: the record holds it as text, whose quotes are escaped once more.
  const bytes = new TextEncoder().encode(JSON.stringify(JSON.stringify(announced))).length
  if (bytes <= announcedBytesMax) return announced
  throw new MeshError('too-large', `name and capabilities make ${bytes} bytes; ${announcedBytesMax} at most`)
}

/** Only what a hello of any version must have: enough to say "reload this tab". */
export const anyVersionSchema = v.object({ version: v.pipe(v.number(), v.integer()), session: sessionSchema })

export const goodbyeSchema = v.strictObject({ session: sessionSchema, reason: v.picklist(['closed', 'left']) })

/** A neighbour's finding that a session is dead; void once its subject has announced itself with a higher sequence. */
export const verdictSchema = v.strictObject({
  peer: peerSchema,
  session: sessionSchema,
  sequence: v.pipe(v.number(), v.safeInteger()),
})

export function speaksOurVersion(announcement: { readonly version: number }): boolean {
  return announcement.version === protocolVersion
}
