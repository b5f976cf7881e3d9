/** A history: what clients asked of a store and what they were told, in order of time. The form is Jepsen's, one event a line. */
import type { Json } from '../../base/json.ts'

export type HistoryKind =
  | 'invoke'
  | 'ok'
  | 'fail' // it certainly did not happen; of a cas: the store compared, and the value was another one
  | 'info' // nobody knows; it may still happen

export interface HistoryEvent {
  /** One at a time: a process whose operation ended in `info` never asks again. */
  readonly process: number
  readonly type: HistoryKind
  readonly f: 'read' | 'write' | 'cas'
  readonly key: string
  /** A read's result, a write's value, a cas's `[expected, next]`. */
  readonly value: Json
  /** Nanoseconds, strictly increasing. */
  readonly time: number
}

/** One call and its end. Positions are places in the history; an open operation has none for its end. */
export interface Operation {
  readonly process: number
  readonly f: string
  readonly key: string
  readonly input: Json
  /** What the caller was told; `undefined` while nobody knows whether it happened. */
  readonly output: Json | undefined
  readonly calledAt: number
  readonly returnedAt: number | undefined
}

type Source = Omit<HistoryEvent, 'time' | 'f'> & { readonly f: string }

/** The output of a cas that found another value than it expected. */
export const mismatch = false
/** The output of a cas that replaced the value. */
export const replaced = true

/**
 * Pairs each call with its end. A `fail` of a cas is an observation ("the value was another one") and stays; of anything
 * else it means that nothing happened, and the operation is dropped. So is an open read, which tells nothing.
 */
export function operationsOf(history: readonly Source[]): Operation[] {
  const open = new Map<number, { event: Source; calledAt: number }>()
  const operations: Operation[] = []
  history.forEach((event, position) => {
    if (event.type === 'invoke') {
      if (open.has(event.process)) throw new Error(`process ${event.process} asks twice at event ${position}`)
      open.set(event.process, { event, calledAt: position })
      return
    }
    const call = open.get(event.process)
    if (!call) throw new Error(`process ${event.process} is answered without a question at event ${position}`)
    if (event.type === 'info') return // stays open, and the process is used up
    open.delete(event.process)
    if (event.type === 'fail' && event.f !== 'cas') return
    operations.push({ ...operation(call.event, call.calledAt), output: outputOf(event), returnedAt: position })
  })
  for (const { event, calledAt } of open.values()) {
    if (event.f !== 'read' && event.f !== 'get') operations.push(operation(event, calledAt))
  }
  return operations.sort((one, other) => one.calledAt - other.calledAt)
}

function operation(event: Source, calledAt: number): Operation {
  const { process, f, key, value } = event
  return { process, f, key, input: value, output: undefined, calledAt, returnedAt: undefined }
}

function outputOf(event: Source): Json {
  if (event.f === 'cas') return event.type === 'ok' ? replaced : mismatch
  return event.value
}
