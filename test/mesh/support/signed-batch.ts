import { encodeUnsigned, signBatch } from '../../../src/mesh/batch.ts'
import type { Signer } from '../../../src/mesh/signed.ts'

/** A batch as it leaves by links: encoded and signed. */
export async function encodeBatch(signer: Signer, number: number, frames: readonly Uint8Array[]): Promise<Uint8Array> {
  const batch = await encodeUnsigned(signer.id, number, frames)
  await signBatch(signer, batch)
  return batch
}
