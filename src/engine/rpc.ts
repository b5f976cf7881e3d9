/** What the page asks of its engine, over comlink: signals and callbacks become ids that can cross a port. */
import { type MeshErrorCode, toMeshError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import type { Engine } from './engine.ts'
import type { DecisionCalls, EngineApi, Push, WireCallOptions } from './protocol.ts'
import { sharedApi } from './shared-rpc.ts'

type Callable<Fn> = Fn & { [release: symbol]: () => void }

export function engineApi(engine: Engine, push: (message: Push) => void): EngineApi {
  const { mesh, deciding } = engine
  const [work, life] = [engine.work.promise, engine.life.promise]
  const aborts = new Map<number, AbortController>()
  const subscriptions = new Map<number, () => void>()
  const handlers = new Map<number, () => void>()
  let handles = 0

  /** Runs `call` with a signal that `abort(id)` fires. */
  async function abortable<Options extends WireCallOptions, Value>(
    { abortId, ...options }: Options,
    call: (options: Omit<Options, 'abortId'> & { signal?: AbortSignal }) => Promise<Value>,
  ): Promise<Value> {
    if (abortId === undefined) return call(options)
    const controller = new AbortController()
    aborts.set(abortId, controller)
    try {
      return await call({ ...options, signal: controller.signal })
    } finally {
      aborts.delete(abortId)
    }
  }

  return {
    ...sharedApi(engine.shared.promise, push),
    send: (to, topic, payload, options) => abortable(options, given => mesh.send(to, topic, payload, given)),
    async broadcast(broadcasts) {
      const failures: Record<number, { code: MeshErrorCode; message: string }> = {}
      const sent = broadcasts.map(({ topic, payload, options }, at) =>
        mesh.broadcast(topic, payload, options).catch(thrown => {
          const { code, message } = toMeshError(thrown, 'malformed')
          failures[at] = { code, message }
        }),
      )
      await Promise.all(sent)
      return failures
    },
    subscribe(topic, subscription) {
      const off = mesh.subscribe(topic, (payload, incoming) => push({ kind: 'topic', subscription, payload, incoming }))
      subscriptions.set(subscription, off)
    },
    unsubscribe(subscription) {
      subscriptions.get(subscription)?.()
      subscriptions.delete(subscription)
    },
    handle(topic, handler) {
      handlers.set(
        ++handles,
        mesh.handle(topic, (payload, incoming) => (handler as Callable<typeof handler>)(payload, incoming)),
      )
      return handles
    },
    unhandle(handle) {
      handlers.get(handle)?.()
      handlers.delete(handle)
    },
    request: (to, topic, payload, options) => abortable(options, given => mesh.request(to, topic, payload, given)),
    gather: (topic, payload, options) => abortable(options, given => mesh.gather(topic, payload, given)),
    submit: (capability, input, options) =>
      abortable(options, async given => (await work).submit({ capability, input, ...given })),
    startJob: async job => (await work).startJob(job),
    cancelJob: async id => (await work).cancelJob(id),
    retryJob: async id => (await work).retryJob(id),
    jobResult: async id => (await work).jobResult(id),
    decide: (name, args, options) =>
      abortable(options, async given => {
        const { register } = await deciding.service
        const call = register[name] as (...args: readonly unknown[]) => ReturnType<DecisionCalls[typeof name]>
        // Options are the last parameter of each call that takes any.
        const places = { get: 1, set: 2, delete: 1, compareAndSet: 3, list: 1, propose: 1 } as Record<string, number>
        const own = Array.from({ length: places[name] ?? args.length }, (_, place) => args[place])
        return call.apply(register, name in places ? [...own, given] : own)
      }),
    watchDecisions: isWatched => {
      deciding.isWatched = isWatched
    },
    freezing: () => deciding.freezing(),
    abort: id => aborts.get(id)?.abort(),
    ping: peer => mesh.ping(peer),
    pingAll: async timeoutMs => (await life).pingAll(timeoutMs),
    metrics: async () => ({ ...(await life).figures, counters: { ...mesh.counters } }),
    gossip: async (name, args) => {
      const { gossip } = await life
      return (gossip[name] as (...args: readonly unknown[]) => Promise<unknown>)(...args)
    },
    faults: request => mesh.faults.request(request),
    registerAgent: async agent => (await life).registry.register(agent),
    deregisterAgent: async id => (await life).registry.deregister(id),
    kept: async () => (await life).keeping.kept(),
    settings: (change, options) =>
      abortable(options, async given => {
        const { keeping } = await life
        return change ? keeping.configure(change, given) : keeping.settings(given)
      }),
    shutdown: async reason => (await life).shutDown(reason),
    connect: (peer: PeerId) => mesh.dial(peer),
    cut: (peer: PeerId) => mesh.cut(peer),
    linkFacts: peer => mesh.care.facts(peer),
    dials: () => mesh.care.dials.records,
    connectionFacts: () => engine.connectionFacts(),
    probe: () => mesh.care.probe(),
    rename: name => engine.rename(name),
    leave: () => engine.leave(),
  }
}
