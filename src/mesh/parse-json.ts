const decoder = new TextDecoder()

/** JSON text from outside; undefined where it is none. Never throws. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch {
    return undefined
  }
}
