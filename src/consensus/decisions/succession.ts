/**
 * Who leads next: when a leader's host is known to be gone, its followers here do not wait for their timeouts; a leader that is
 * about to leave hands over; and whoever comes to lead tells the room.
 */
import type { Clock } from '../../base/clock.ts'
import { MeshError } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import { isVoter } from '../raft/confchange.ts'
import type { MemberId } from '../raft/messages.ts'
import { GENESIS_TERM } from '../raft/restore.ts'
import type { Council } from './council.ts'
import type { HostedMember } from './hosted.ts'
import type { ElectionRecord, LeaderInfo } from './types.ts'

/** Of several followers that know their leader gone, each waits so much longer than the one before, ms: a round of votes. */
const rankStepMs = 40
/** How long a handover may take before it is given up, ms; the machine itself gives it up after one election timeout. */
const handoverMs = 3_000

export interface SuccessionOptions {
  readonly clock: Clock
  readonly council: Council
  readonly tellLeader: (news: Json) => void
}

export class Succession {
  readonly #options: SuccessionOptions
  /** Members that were asked to campaign by their leader. */
  readonly #asked = new Set<MemberId>()
  readonly #campaigns = new Set<() => void>()
  #goneTerm = 0

  constructor(options: SuccessionOptions) {
    this.#options = options
  }

  asked(member: MemberId): void {
    this.#asked.add(member)
  }

  roleChanged(hosted: HostedMember): void {
    const { council, tellLeader } = this.#options
    const { role, term, generation } = hosted.driver.view
    if (role === 'leader') {
      const reason = this.#reasonOf(hosted.member, term)
      council.noteElection({ term, member: hosted.member, host: council.self.peer, reason })
      tellLeader({ generation, member: hosted.member, term, reason })
    }
    if (role === 'leader' || role === 'follower') this.#asked.delete(hosted.member)
    council.changed()
  }

  /** The first voter by rank asks for votes at once; the others grant them, and follow if it does not come to lead. */
  leaderIsGone(leader: LeaderInfo): void {
    const { council, clock } = this.#options
    this.#goneTerm = Math.max(this.#goneTerm, leader.term)
    for (const hosted of council.hosted.values()) if (isAt(hosted, leader)) hosted.driver.leaderIsGone()
    const heirs = council.membership.voters.filter(voter => voter !== leader.member && council.isLive(voter)).sort()
    for (const [rank, heir] of heirs.entries()) {
      const hosted = council.hosted.get(heir)
      if (!hosted || !isAt(hosted, leader)) continue
      const stop = clock.after(rank * rankStepMs, () => {
        this.#campaigns.delete(stop)
        const { role } = hosted.driver.view
        if (isAt(hosted, leader) && (role === 'follower' || role === 'pre-candidate')) hosted.driver.campaign()
      })
      this.#campaigns.add(stop)
    }
  }

  /** Hands over to `target`, or to the voter that is the furthest, one of another host if there is one. */
  async stepDown(target?: MemberId): Promise<void> {
    const { council, clock } = this.#options
    const leading = council.leading
    if (!leading) throw new MeshError('invalid-option', 'No leader lives here: ask its host to step down')
    if (target !== undefined && (target === leading.member || !isVoter(leading.driver.view.membership, target)))
      throw new MeshError('invalid-option', 'Only another voter can take over')
    const heir = target ?? this.#heirOf(leading)
    if (heir === undefined) throw new MeshError('no-quorum', 'No other voter can take over')
    const refusal = await leading.driver.transfer(heir)
    if (refusal) throw new MeshError('no-quorum', `The handover was refused: ${refusalText(refusal)}`)
    const isOver = () => leading.driver.view.role !== 'leader'
    if (isOver()) return
    await new Promise<void>((resolve, reject) => {
      const end = () => {
        stop()
        off()
      }
      const stop = clock.after(handoverMs, () => {
        end()
        reject(new MeshError('timeout', 'The other voter did not take over'))
      })
      const off = council.events.on('change', () => {
        if (!isOver()) return
        end()
        resolve()
      })
    })
  }

  close(): void {
    for (const stop of this.#campaigns) stop()
  }

  #heirOf(leading: HostedMember): MemberId | undefined {
    const { council } = this.#options
    const { membership } = leading.driver.view
    const others = leading.driver.view
      .progress()
      .filter(({ member }) => member !== leading.member && isVoter(membership, member) && council.isLive(member))
    const isAway = (member: MemberId) => Number(council.liveHostOf(member) !== council.self.peer)
    const [best] = others.sort((one, other) => isAway(other.member) - isAway(one.member) || other.match - one.match)
    return best?.member
  }

  #reasonOf(member: MemberId, term: number): ElectionRecord['reason'] {
    if (this.#asked.has(member)) return 'handover'
    if (term === GENESIS_TERM + 1) return 'first'
    return this.#goneTerm > 0 && this.#goneTerm >= term - 2 ? 'leader-gone' : 'timeout'
  }
}

function isAt({ driver: { view } }: HostedMember, leader: LeaderInfo): boolean {
  return view.term === leader.term && (view.leader === leader.member || view.leader === undefined)
}

function refusalText(answer: { readonly kind: string; readonly reason?: string }): string {
  return answer.reason ?? answer.kind
}
