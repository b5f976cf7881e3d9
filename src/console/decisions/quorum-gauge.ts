/** The voters as discs, a bracket under as many as are needed: whether it reaches beyond those who are there is seen at once. */
import { svg } from 'lit'
import { styleMap } from 'lit/directives/style-map.js'
import type { DecisionsView, MemberView } from '../../consensus/decisions/types.ts'
import { peerColour } from '../colour.ts'
import { crownPath } from '../look/crown.ts'
import { memberName, type Names } from './names.ts'

const apart = 30
const radius = 9
const top = 28
const height = 66

/** The leader, then who is here, then who is missing. */
export function gaugeOrder({ members, leader }: Pick<DecisionsView, 'members' | 'leader'>): MemberView[] {
  const rank = (member: MemberView) => (member.member === leader?.member ? 0 : member.isLive ? 1 : 2)
  return members.filter(({ seat }) => seat === 'voter').sort((one, other) => rank(one) - rank(other))
}

export function quorumGauge(view: DecisionsView, names: Names) {
  const voters = gaugeOrder(view)
  if (voters.length === 0) return undefined
  const { needs, live } = view.quorum
  const width = Math.max(voters.length * apart, 96) + 2
  const x = (index: number) => apart * index + apart / 2
  const end = Math.min(needs, voters.length) * apart - 4
  const isEnough = live >= needs
  return svg`<svg class="gauge" width=${width} height=${height} viewBox="0 0 ${width} ${height}" role="img"
      aria-label="${view.quorum.sentence}; ${live} of ${view.quorum.voters} reachable">
    ${voters.map((voter, index) => {
      const isLeader = voter.member === view.leader?.member
      const colour = styleMap({ '--peer': peerColour(voter.host ?? voter.member) })
      return svg`<g class=${voter.isLive ? 'live' : 'away'} style=${colour} transform="translate(${x(index)} ${top})">
        <title>${memberName(voter, names)}${isLeader ? ', leads' : ''}${voter.isLive ? '' : ', away'}</title>
        ${isLeader ? svg`<path class="crown" transform="translate(0 -13)" d=${crownPath}></path>` : ''}
        <circle r=${radius}></circle>
        ${voter.isLive ? '' : svg`<path class="cross" d="m-3.5 -3.5 7 7m0 -7 -7 7"/>`}
      </g>`
    })}
    <g class=${isEnough ? 'enough' : 'short'}>
      <path class="bracket" d="M4 ${top + 14}v5H${end}v-5"/>
      <text x="4" y=${top + 33}>${needs} needed</text>
    </g>
  </svg>`
}
