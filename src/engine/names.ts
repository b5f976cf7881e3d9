/** A friendly name for a tab whose person has given none; always the same for one peer id. */
import type { PeerId } from '../base/ids.ts'

const qualities =
  'Amber Brisk Calm Clever Cosy Deft Eager Fair Gentle Glad Hardy Jolly Keen Kind Lively Lucky Mellow Merry Neat Nimble Quick Quiet Ready Rosy Sage Sunny Swift Tidy Vivid Warm Wise Witty'.split(
    ' ',
  )
const animals =
  'Badger Bear Beaver Crane Deer Dove Eagle Falcon Ferret Finch Fox Gecko Hare Hawk Heron Ibis Jay Koala Lark Lynx Marten Mole Newt Otter Owl Panda Raven Robin Seal Stork Tern Wren'.split(
    ' ',
  )

export function friendlyName(peer: PeerId): string {
  let hash = 2_166_136_261 // FNV-1a
  for (const letter of peer) hash = Math.imul(hash ^ letter.charCodeAt(0), 16_777_619) >>> 0
  return `${qualities[hash % qualities.length]} ${animals[Math.floor(hash / qualities.length) % animals.length]}`
}
