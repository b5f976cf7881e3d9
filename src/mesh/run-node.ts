/** A node at work: made, wired to lanes and broadcasts in the order that each needs, and started. */
import type { Connection } from '@libp2p/interface'
import type { Broadcasts } from './broadcasts.ts'
import type { GossipRouter, Tampering } from './faults/tampering.ts'
import type { Lanes } from './lanes.ts'
import { createNode, type Node, type NodeOptions } from './node.ts'
import { forgetStrangers, type StrangersOptions } from './strangers.ts'

export interface RunOptions extends NodeOptions, Omit<StrangersOptions, 'node'> {
  readonly lanes: Lanes
  readonly broadcasts: Broadcasts
  readonly messages: Tampering
  readonly onOpened: (connection: Connection) => void
  readonly onClosed: (connection: Connection) => void
}

export async function runNode(options: RunOptions): Promise<Node> {
  const { lanes, broadcasts, messages, onOpened, onClosed } = options
  const node = await createNode({ ...options, onBatch: batch => broadcasts.came(batch) })
  node.addEventListener('connection:open', ({ detail }) => onOpened(detail))
  node.addEventListener('connection:close', ({ detail }) => onClosed(detail))
  broadcasts.prepare(node)
  await lanes.register(node)
  await node.start()
  node.addEventListener('stop', forgetStrangers({ ...options, node }))
  broadcasts.attach(node.services)
  messages.attach(node.services.pubsub as unknown as GossipRouter)
  return node
}
