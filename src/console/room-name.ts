/** A new private room: a name people can say over the phone, and a key nobody can guess. */

const adjectives =
  'amber brave brisk calm civil clear cosy crisp deft early easy fair fleet fond fresh gentle glad golden good grand green happy ' +
  'hardy honest jolly keen kind light lively loyal lucky merry mild neat nimble noble open plain prime proud quick quiet rapid ready ' +
  'rosy sharp shy silver sleek smart snug solid spry still sunny swift tall tidy true vivid warm wise witty zesty'
const nouns =
  'acorn alder anchor apple arrow aspen atlas beacon birch bridge brook canyon cedar cliff cloud comet coral creek delta dune ' +
  'ember falcon fern field fjord forest garden glade grove harbor haven hazel heron hill island ivy lake lantern ' +
  'larch lark maple marsh meadow mesa moon oak orchard otter pebble pine planet plum pond prairie quartz reef ridge ' +
  'river sail shore spruce stone summit thicket'

const adjectiveList = adjectives.split(' ')
const nounList = nouns.split(' ')
/** Base 32 without i, l, o and u, which people misread (Crockford). */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
/** 26 characters of 5 bits: 130 bits. */
const keyChars = 26

/** `randomBytes(n)` gives n bytes of cryptographic chance. */
export function newPrivateRoom(randomBytes: (count: number) => Uint8Array): { room: string; secret: string } {
  const [adjective = 0, noun = 0, number = 0] = randomBytes(3)
  // 64 words each, so that six bits of a byte choose fairly. The number tells rooms apart; it need not be fair.
  const room = `${adjectiveList[adjective & 63]}-${nounList[noun & 63]}-${10 + (number % 90)}`
  const secret = Array.from(randomBytes(keyChars), byte => alphabet[byte & 31]).join('')
  return { room, secret }
}
