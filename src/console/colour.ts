/**
 * A peer's colour, the same in every tab: a hue and a shade from its id, 28 in all. Lightness and chroma come from the theme, so that text
 * on it stays readable; the shades only go away from the colour of that text.
 */

/** Degrees in OKLCH, closer where the eye tells more apart: between 100 and 180 nearly everything is just green. */
const hues = [16, 38, 58, 82, 112, 146, 174, 200, 224, 248, 272, 296, 320, 344]
const shades = 2

function spread(id: string): number {
  // FNV-1a, 32 bits: cheap, and spreads ids that differ in one character.
  let hash = 0x811c9dc5
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193)
  // Its low bits are weak for short inputs; fold the high ones in.
  return (hash ^ (hash >>> 15)) >>> 0
}

export function peerColour(id: string): string {
  const number = spread(id)
  const hue = hues[number % hues.length] ?? 0
  const shade = Math.floor(number / hues.length) % shades
  return `oklch(calc(var(--peer-lightness) - ${shade} * var(--peer-step)) var(--peer-chroma) ${hue})`
}
