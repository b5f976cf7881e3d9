/** One block of a text, decoded, and what must be known of its surroundings to treat any cut of a text alike. */
import { MeshError } from '../../base/errors.ts'
import type { MapPiece } from '../../work/runner.ts'

export interface TextPiece {
  readonly input: number
  readonly name: string
  readonly firstLine: number
  readonly starts: MapPiece['starts']
  readonly text: string
}

// Byte order marks were removed when the text was cut; one further in is text.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function decodePiece({ bytes, number: _, ...place }: MapPiece): TextPiece {
  try {
    return { ...place, text: utf8.decode(bytes) }
  } catch (cause) {
    throw new MeshError('malformed', `"${place.name}" is not UTF-8 text`, { cause })
  }
}
