/** The sample corpus, which the origin serves already cut: no tab must bring it, and any tab can load any part of it. */
import * as v from 'valibot'
import { MeshError } from '../base/errors.ts'
import type { BlockHash } from '../base/ids.ts'
import { hashSchema } from './block-hash.ts'
import { sha256Hex } from './hash.ts'
import { blockBytesMax } from './limits.ts'
import type { JobInput } from './types.ts'

const natural = v.pipe(v.number(), v.integer(), v.minValue(0))
const indexSchema = v.object({
  inputs: v.array(
    v.strictObject({
      name: v.string(),
      bytes: natural,
      blocks: v.array(
        v.strictObject({ hash: hashSchema, bytes: v.pipe(natural, v.maxValue(blockBytesMax)), lines: natural }),
      ),
    }),
  ),
})

export interface Sample {
  inputs(): Promise<readonly JobInput[]>
  /** Undefined where the block is not of the sample, or cannot be loaded now. */
  block(hash: BlockHash): Promise<Uint8Array | undefined>
}

/** `load` fetches a file of the sample's folder, by its name there. */
export function createSample(load: (file: string) => Promise<Uint8Array>): Sample {
  type Places = ReadonlyMap<string, { readonly file: string; readonly from: number; readonly bytes: number }>
  let index: Promise<{ readonly inputs: readonly JobInput[]; readonly places: Places }> | undefined

  async function loadIndex() {
    const { inputs } = v.parse(indexSchema, JSON.parse(new TextDecoder().decode(await load('index.json'))))
    const places = new Map<string, { file: string; from: number; bytes: number }>()
    for (const input of inputs) {
      let from = 0
      for (const block of input.blocks) {
        places.set(block.hash, { file: input.name, from, bytes: block.bytes })
        from += block.bytes
      }
    }
    return { inputs, places }
  }
  /** Loaded once; a failure is not remembered. */
  const indexed = () => {
    index ??= loadIndex().catch(cause => {
      index = undefined
      throw new MeshError('unreachable', 'The sample texts cannot be loaded from this site.', { cause })
    })
    return index
  }

  return {
    inputs: async () => (await indexed()).inputs,
    async block(hash) {
      const place = await indexed().then(
        ({ places }) => places.get(hash),
        () => undefined,
      )
      if (!place) return undefined
      const file = await load(place.file).catch(() => undefined)
      const bytes = file?.subarray(place.from, place.from + place.bytes)
      return bytes && (await sha256Hex(bytes)) === hash ? bytes : undefined
    },
  }
}

/** The sample as served in the folder `base`, for example `sample/` beside the page. */
export function sampleAt(base: URL): Sample {
  return createSample(async file => {
    const response = await fetch(new URL(encodeURIComponent(file), base))
    if (!response.ok) throw new MeshError('unreachable', `${file}: HTTP ${response.status}`)
    return new Uint8Array(await response.arrayBuffer())
  })
}
