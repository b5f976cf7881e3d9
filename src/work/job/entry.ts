/** One job as this peer holds it: the machine's state and what does not belong into a pure machine. */
import type { BlockHash, PeerId, SessionId } from '../../base/ids.ts'
import { capabilityOf } from '../runner.ts'
import { type Shard, shardsOf } from '../shard.ts'
import type { JobSpec, JobView } from '../types.ts'
import type { Leadership } from './lead.ts'
import type { Status } from './messages.ts'
import type { Candidate } from './policy.ts'
import { encodeSpec } from './spec.ts'
import { createJobState, type JobState } from './state.ts'
import { viewOf } from './view.ts'

export class JobEntry {
  readonly spec: JobSpec
  readonly specBytes: Uint8Array
  readonly shards: readonly Shard[]
  readonly hashes: ReadonlySet<BlockHash>
  readonly state: JobState
  /** The canonical result, checked against its hash. */
  result: { readonly hash: string; readonly bytes: Uint8Array } | undefined
  isFetchingResult = false
  /** Present while this peer coordinates. */
  leadership: Leadership | undefined
  #view: { readonly status: Status; readonly view: JobView } | undefined

  constructor(
    spec: JobSpec,
    status: Status,
    { id, session }: { readonly id: PeerId; readonly session: SessionId },
    peers: readonly Candidate[],
  ) {
    this.spec = spec
    this.specBytes = encodeSpec(spec)
    this.shards = shardsOf(spec)
    this.hashes = new Set(spec.inputs.flatMap(input => input.blocks.map(block => block.hash)))
    const shardBytes = this.shards.map(shard => shard.bytes)
    const capability = capabilityOf(spec.program)
    this.state = createJobState({ status, self: { id, session }, shardBytes, capability, peers })
  }

  /** The same object until something changes. */
  get view(): JobView {
    const { status } = this.state
    if (this.#view?.status !== status)
      this.#view = { status, view: viewOf(this.spec, this.shards.length, status, this.result?.bytes) }
    return this.#view.view
  }
}
