/** A compute worker: runs built-in capabilities away from the engine, one call at a time, and may be killed at any moment. */
import { MeshError, toMeshError } from '../base/errors.ts'
import { Merge, mapShard } from './compute.ts'
import type { ComputeCall, ComputeReply } from './compute-protocol.ts'

let merge: Merge | undefined
const nothing = new Uint8Array(0)

function perform(call: ComputeCall): Uint8Array<ArrayBuffer> {
  switch (call.kind) {
    case 'map':
      return mapShard(call.capability, call.options, call.pieces)
    case 'merge':
      merge = new Merge(call.capability, call.options, call.inputNames)
      return nothing.slice()
    case 'add':
      merging().add(call.shard, call.partial)
      return nothing.slice()
    case 'finish':
      return merging().finish()
    case 'forget':
      merge = undefined
      return nothing.slice()
  }
}

function merging(): Merge {
  if (!merge) throw new MeshError('function-failed', 'nothing to merge')
  return merge
}

/** Serves calls that come in through `port`. */
function serve(port: MessagePort): void {
  const reply = (said: ComputeReply, transfer: Transferable[] = []) => port.postMessage(said, transfer)
  port.onmessage = ({ data }: MessageEvent<ComputeCall>) => {
    try {
      const bytes = perform(data)
      reply({ isDone: true, bytes }, [bytes.buffer])
    } catch (error) {
      const { code, message } = toMeshError(error, 'function-failed')
      reply({ isDone: false, code, message })
    }
  }
  reply({ isReady: true })
}

self.onmessage = ({ data }: MessageEvent<MessagePort>) => serve(data)
