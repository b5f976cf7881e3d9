/** The register on the page: calls cross to the engine, changes come back as events while somebody watches. */
import type { Remote } from 'comlink'
import type { Json } from '../base/json.ts'
import { isOwnKey, isSeenUnder } from '../base/own-keys.ts'
import type {
  DecidedChange,
  DecidedCommand,
  DecisionOptions,
  Decisions,
  DecisionsControl,
  MemberId,
  TimingChoice,
} from '../consensus/decisions/types.ts'
import type { DecisionCalls, EngineApi, WireCallOptions } from './protocol.ts'

export interface PageDecisionsOptions {
  readonly engine: Pick<Remote<EngineApi>, 'decide' | 'watchDecisions'>
  /** Gives a call an id by which its signal can abort it. */
  readonly call: <Value>(
    options: DecisionOptions | undefined,
    start: (options: WireCallOptions) => Promise<Value>,
  ) => Promise<Value>
  readonly onDecision: (listener: (decision: DecidedChange | DecidedCommand) => void) => () => void
}

export class PageDecisions implements Decisions, DecisionsControl {
  readonly #options: PageDecisionsOptions
  #watchers = 0

  constructor(options: PageDecisionsOptions) {
    this.#options = options
  }

  get(key: string, options?: DecisionOptions) {
    return this.#decide('get', [key], options)
  }

  set(key: string, value: Json, options?: DecisionOptions) {
    return this.#decide('set', [key, value], options)
  }

  delete(key: string, options?: DecisionOptions) {
    return this.#decide('delete', [key], options)
  }

  compareAndSet(key: string, expected: Json | undefined, value: Json | undefined, options?: DecisionOptions) {
    return this.#decide('compareAndSet', [key, expected, value], options)
  }

  list(prefix = '', options?: DecisionOptions) {
    return this.#decide('list', [prefix], options)
  }

  propose(command: Json, options?: DecisionOptions) {
    return this.#decide('propose', [command], options)
  }

  watch(listener: (change: DecidedChange) => void, { prefix = '' }: { readonly prefix?: string } = {}): () => void {
    return this.#onAny(decision => {
      if ('key' in decision && isSeenUnder(prefix, decision.key)) listener(decision)
    })
  }

  /** Changes and commands alike, but for the mesh's own keys. The engine tells them only while somebody listens. */
  on(listener: (decision: DecidedChange | DecidedCommand) => void): () => void {
    return this.#onAny(decision => {
      if (!('key' in decision) || !isOwnKey(decision.key)) listener(decision)
    })
  }

  #onAny(listener: (decision: DecidedChange | DecidedCommand) => void): () => void {
    const off = this.#options.onDecision(listener)
    if (this.#watchers++ === 0) void this.#options.engine.watchDecisions(true)
    let isOff = false
    return () => {
      if (isOff) return
      isOff = true
      off()
      if (--this.#watchers === 0) void this.#options.engine.watchDecisions(false)
    }
  }

  stepDown(target?: MemberId) {
    return this.#decide('stepDown', [target], undefined)
  }

  verifyQuorum() {
    return this.#decide('verifyQuorum', [], undefined)
  }

  configure(change: Partial<TimingChoice>) {
    return this.#decide('configure', [change], undefined)
  }

  continueFromHere() {
    return this.#decide('continueFromHere', [], undefined)
  }

  joinOther() {
    return this.#decide('joinOther', [], undefined)
  }

  #decide<Name extends keyof DecisionCalls>(
    name: Name,
    args: Parameters<DecisionCalls[Name]>,
    options: DecisionOptions | undefined,
  ): ReturnType<DecisionCalls[Name]> {
    const { engine, call } = this.#options
    return call(options, given => engine.decide(name, args, given)) as ReturnType<DecisionCalls[Name]>
  }
}
