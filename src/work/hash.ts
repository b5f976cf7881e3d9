/** SHA-256 by WebCrypto, as lower-case hex: what blocks, jobs and results are named by. */
import { toHex } from '../base/bytes.ts'

export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)))
}
