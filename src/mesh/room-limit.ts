/** How many members a room takes: as many as it is meant for, and a quarter more (capacity for a peak). */
import { MeshError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import { agentsHeadroom, maxAgentsDefault, membersMax } from './limits.ts'
import type { MeshOptions } from './options.ts'

export class RoomLimit {
  readonly #maxAgents: number
  /** With headroom. */
  readonly #most: number

  constructor(maxAgents: number = maxAgentsDefault) {
    if (!Number.isInteger(maxAgents) || maxAgents < 1 || maxAgents > membersMax)
      throw new MeshError(
        'invalid-option',
        `maxAgents must be a whole number from 1 to ${membersMax}, not ${maxAgents}`,
      )
    this.#maxAgents = maxAgents
    this.#most = Math.min(membersMax, Math.floor(maxAgents * agentsHeadroom))
  }

  /** The room's list was read by a newcomer: how many others there are, and whether that is too many. */
  welcome(others: number, tell: Pick<MeshOptions, 'onProblem' | 'onWelcome'>): void {
    const problem = this.problemFor(others)
    if (problem) tell.onProblem(problem)
    tell.onWelcome(others)
  }

  /** What a newcomer who finds so many others should hear; undefined where all is well. */
  problemFor(others: number): MeshError | undefined {
    if (others >= this.#most) return new MeshError('room-full', `${this.#said(others)} Nobody more is let in.`)
    if (others >= this.#maxAgents) return new MeshError('overloaded', `${this.#said(others)} It may be slow.`)
    return undefined
  }

  /** Whether this newcomer is one too many for a peer that knows `members` besides itself. */
  isFullFor(peer: PeerId, members: ReadonlyMap<PeerId, unknown>): boolean {
    return members.size + 1 >= this.#most && !members.has(peer)
  }

  #said(others: number): string {
    return `This room is meant for ${this.#maxAgents} and has ${others} members.`
  }
}
