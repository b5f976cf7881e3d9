/** A peer's colour, the same in every tab: a hue from its id. Lightness and chroma come from the theme, so that text on it stays readable. */

/** Degrees in OKLCH, closer where the eye tells more apart: between 100 and 180 nearly everything is just green. */
const hues = [18, 42, 66, 108, 148, 180, 208, 235, 260, 288, 316, 344]

export function peerHue(id: string): number {
  // FNV-1a, 32 bits: cheap, and spreads ids that differ in one character.
  let hash = 0x811c9dc5
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193)
  // Its low bits are weak for short inputs; fold the high ones in.
  return hues[((hash ^ (hash >>> 15)) >>> 0) % hues.length] ?? 0
}

export function peerColour(id: string): string {
  return `oklch(var(--peer-lightness) var(--peer-chroma) ${peerHue(id)})`
}
