/** `mesh.gossip` on the page: each call is one of the engine's, and rumours come as messages of a topic do. */
import type { GossipCalls, GossipHandle } from './gossip-handle.ts'

export type GossipCall = <Name extends keyof GossipCalls>(
  name: Name,
  ...args: Parameters<GossipCalls[Name]>
) => ReturnType<GossipCalls[Name]>

export function pageGossip(
  call: GossipCall,
  subscribers: Map<number, Parameters<GossipHandle['onRumour']>[1]>,
  newId: () => number,
): GossipHandle {
  return {
    settings: () => call('settings'),
    configure: change => call('configure', change),
    rumour: (topic, payload, options) => call('rumour', topic, payload, options),
    rumours: () => call('rumours'),
    aggregate: (name, value) => call('aggregate', name, value),
    withdraw: name => call('withdraw', name),
    onRumour(topic, listener) {
      const id = newId()
      subscribers.set(id, listener)
      call('hear', topic, id).catch(reportError)
      return () => {
        subscribers.delete(id)
        void call('unhear', id)
      }
    },
  }
}
