import type { Payload } from '../base/json.ts'
import type { JobView } from '../work/types.ts'
import type { WireJobRequest } from './protocol.ts'

export interface Work {
  readonly jobs: readonly JobView[]
  startJob(job: WireJobRequest): Promise<string>
  cancelJob(id: string): Promise<void>
  retryJob(id: string): Promise<void>
  jobResult(id: string): Promise<Payload>
  submit(capability: string, input: Payload, options: { timeoutMs?: number; signal?: AbortSignal }): Promise<Payload>
  close(): void
}
