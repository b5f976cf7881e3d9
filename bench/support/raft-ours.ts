/** Members of our core in one thread: each write is durable at once, each message arrives in order. */
import { raftConfig } from '../../src/consensus/raft/config.ts'
import type { Entry, MemberId } from '../../src/consensus/raft/messages.ts'
import { genesisState } from '../../src/consensus/raft/restore.ts'
import type { Effect, Input, Raft } from '../../src/consensus/raft/state.ts'
import { createRaft } from '../../src/consensus/raft/step.ts'

export interface RaftRoom {
  /** Commands that the leader's state machine was given. */
  readonly committed: number
  onMessage: ((message: unknown) => void) | undefined
  /** Proposes `count` commands and returns when the leader has applied them and nothing is left to do. */
  commit(payload: unknown, count: number): void
}

interface Peer {
  readonly id: MemberId
  readonly raft: Raft
  applied: number
}

export function ourRoom(members: number): RaftRoom {
  const voters = Array.from({ length: members }, (_, at) => `m${at}` as MemberId)
  const peers = new Map(voters.map((member, at) => [member, peerOf(member, voters, at / members)]))
  const leader = peers.get(voters[0] as MemberId) as Peer
  /** Who must step, and with what, in turn. */
  const due: (Peer | Input)[] = []

  function perform(peer: Peer, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'send') {
        room.onMessage?.(effect.message)
        due.push(peers.get(effect.to) as Peer, {
          kind: 'message',
          from: peer.id,
          host: peer.id,
          message: effect.message,
        })
      } else if (effect.kind === 'persist') due.push(peer, { kind: 'persisted', token: effect.token })
      else if (effect.kind === 'apply') apply(peer, effect.entries)
      else if (effect.kind === 'snapshot-needed')
        due.push(peer, { kind: 'snapshot-taken', index: effect.applied, data: null })
      else if (effect.kind === 'refused') throw new Error(`refused: ${effect.reason}`)
    }
  }

  function apply(peer: Peer, entries: readonly Entry[]): void {
    for (const entry of entries) if (entry.kind === 'command') peer.applied++
    due.push(peer, { kind: 'applied', index: (entries[entries.length - 1] as Entry).index })
  }

  function run(peer: Peer, input: Input): void {
    perform(peer, peer.raft.step(input))
    for (let at = 0; at < due.length; at += 2) {
      const next = due[at] as Peer
      perform(next, next.raft.step(due[at + 1] as Input))
    }
    due.length = 0
  }

  const room: RaftRoom = {
    get committed() {
      return leader.applied
    },
    onMessage: undefined,
    commit(payload, count) {
      const target = leader.applied + count
      const proposals = []
      for (let at = 0; at < count; at++) proposals.push({ session: '', sequence: 0, payload, bytes: 100 })
      run(leader, { kind: 'propose', proposals })
      if (leader.applied !== target) throw new Error(`${leader.applied} of ${target} commands came back`)
    },
  }
  run(leader, { kind: 'campaign' })
  if (leader.raft.view.role !== 'leader') throw new Error('no leader')
  return room
}

function peerOf(member: MemberId, voters: readonly MemberId[], chance: number): Peer {
  const config = raftConfig('lab', { member, generation: 'bench', epoch: 1, random: { next: () => chance } })
  return { id: member, raft: createRaft(config, genesisState({ member, generation: 'bench', voters })), applied: 0 }
}
