/** CRC-32 (IEEE 802.3) of a text's UTF-16 units: finds torn and rotten records, protects against nobody. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let word = byte
  for (let bit = 0; bit < 8; bit++) word = word & 1 ? 0xedb88320 ^ (word >>> 1) : word >>> 1
  return word >>> 0
})

export function checksum(text: string): number {
  let sum = 0xffffffff
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    sum = (table[(sum ^ unit) & 255] as number) ^ (sum >>> 8)
    sum = (table[(sum ^ (unit >>> 8)) & 255] as number) ^ (sum >>> 8)
  }
  return (sum ^ 0xffffffff) >>> 0
}
