/** Byte strings as a broken or hostile peer sends them: pure chance, and valid ones with a few bytes changed, cut or added. */
import { integerBelow, type Random } from '../../../src/base/random.ts'

export function randomBytes(random: Random, lengthMax: number): Uint8Array {
  return Uint8Array.from({ length: integerBelow(random, lengthMax + 1) }, () => integerBelow(random, 256))
}

export function mutated(random: Random, bytes: Uint8Array): Uint8Array {
  const kind = integerBelow(random, 4)
  if (kind === 0) return bytes.slice(0, integerBelow(random, bytes.length + 1))
  if (kind === 1) return Uint8Array.of(...bytes, ...randomBytes(random, 8))
  const copy = bytes.slice()
  for (let change = integerBelow(random, 4); change >= 0; change--) {
    const at = integerBelow(random, copy.length)
    copy[at] = kind === 2 ? integerBelow(random, 256) : (copy[at] ?? 0) ^ (1 << integerBelow(random, 8))
  }
  return copy
}
