/** The form of a block's name on the wire. */
import * as v from 'valibot'
import type { BlockHash } from '../base/ids.ts'

export const hashSchema = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{64}$/),
  v.transform(text => text as BlockHash),
)
