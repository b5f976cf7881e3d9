/** Bytes made smaller and back, by the platform's own deflate: tabs, workers and Node have it. */
import { concatBytes } from '../base/bytes.ts'

/** Undefined where this platform cannot. */
export async function deflate(bytes: Uint8Array): Promise<Uint8Array | undefined> {
  if (!('CompressionStream' in globalThis)) return undefined
  return through(bytes, new CompressionStream('deflate-raw'), Number.POSITIVE_INFINITY)
}

/** Undefined for what is no deflated data, or is more than `bytesMax` once it is inflated. Never throws. */
export async function inflate(bytes: Uint8Array, bytesMax: number): Promise<Uint8Array | undefined> {
  if (!('DecompressionStream' in globalThis)) return undefined
  return through(bytes, new DecompressionStream('deflate-raw'), bytesMax).catch(() => undefined)
}

async function through(
  bytes: Uint8Array,
  stream: CompressionStream | DecompressionStream,
  bytesMax: number,
): Promise<Uint8Array | undefined> {
  const writer = stream.writable.getWriter()
  const written = writer.write(bytes as Uint8Array<ArrayBuffer>).then(() => writer.close())
  written.catch(() => {}) // the reader fails too, and says so
  const reader = stream.readable.getReader()
  const pieces: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    if (length > bytesMax) {
      void reader.cancel().catch(() => {})
      return undefined
    }
    pieces.push(value)
  }
  return concatBytes(pieces)
}
