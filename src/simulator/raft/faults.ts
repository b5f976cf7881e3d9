/** The faults that only Raft understands: of memberships, of leaders, and of members and their disks. */
import type { MemberId } from '../../consensus/raft/messages.ts'
import type { FaultHandler } from '../world/fault-injector.ts'
import type { Fault } from '../world/storm.ts'
import { ms } from '../world/time.ts'
import type { Cluster } from './cluster.ts'
import type { Operator } from './operator.ts'

export function raftFaults(cluster: Cluster, operator: Operator, electionMs: number): Record<string, FaultHandler> {
  const { world } = cluster
  const victim = ({ pick }: Fault) => {
    const up = cluster.present.filter(node => node.isUp)
    return pick >= 0.7 ? up[0] : up[Math.floor((pick / 0.7) * up.length)]
  }
  return {
    membership: () => {
      operator.meddle()
      return undefined
    },
    transfer: fault => {
      const target = operator.transfer()
      const number = target === undefined ? undefined : cluster.nodes.get(target)?.number
      if (number === undefined || fault.strength < 0.2) return undefined
      // The heir hears that it may campaign, and nobody hears that it does (R10).
      return world.network.cut(from => from === number)
    },
    adoption: fault => {
      const node = victim(fault)
      node?.crash()
      // A sibling has the lock within milliseconds; what the dead host sent is still on its way.
      world.schedule(fault.strength * electionMs * ms, () => {
        if (node && !node.isUp) node.start()
        return node?.name
      })
      return undefined
    },
    wipe: fault => {
      const node = victim(fault)
      const member = node?.name as MemberId | undefined
      // More lost disks than a minority is the end of any consensus; a person starts a new generation then.
      if (!member || !operator.canLose(member)) return undefined
      cluster.wipe(member)
      cluster.join()
      return undefined
    },
    disk: fault => {
      const node = victim(fault)
      const disk = node && cluster.journal.disks.get(node.name as MemberId)?.disk
      if (!disk) return undefined
      if (fault.strength > 0.6) disk.isFailing = true
      else disk.slowness = 1 + fault.strength * 200
      return () => {
        disk.isFailing = false
        disk.slowness = 1
        if (!node.isUp) node.start()
      }
    },
  }
}
