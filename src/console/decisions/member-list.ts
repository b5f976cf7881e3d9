/** Who votes and who listens, in which tab each lives, and how far its copy reaches. A row opens what can be done with it. */
import { css, html, LitElement, nothing } from 'lit'
import '@awesome.me/webawesome/dist/components/button/button.js'
import { repeat } from 'lit/directives/repeat.js'
import { styleMap } from 'lit/directives/style-map.js'
import type { DecisionsView, MemberId, MemberView } from '../../consensus/decisions/types.ts'
import { peerColour } from '../colour.ts'
import { plural, shortId } from '../format.ts'
import { icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { Attempt } from './attempt.ts'
import { capitalised, memberName, type Names, namesOf } from './names.ts'
import { sectionStyles } from './section-styles.ts'
import { reachOf, standing } from './words.ts'
import './member-card.ts'

const seatRank = { voter: 0, outgoing: 1, learner: 2, stranger: 3 } as const

export class MemberList extends LitElement {
  static override properties = { store: { attribute: false }, open: { state: true }, isBroken: { state: true } }
  static override styles = [
    sharedStyles,
    sectionStyles,
    css`
      li {
        margin-inline: -24px;
        border-top: 1px solid var(--hairline);
      }
      li:first-child {
        border-top: 0;
      }
      .row {
        display: grid;
        grid-template-columns: 12px minmax(0, 1fr) auto 16px;
        align-items: center;
        gap: 2px 10px;
        width: 100%;
        min-height: 48px;
        padding: 6px 24px;
        border: 0;
        background: none;
        color: inherit;
        font: inherit;
        text-align: start;
        cursor: pointer;
      }
      .row:hover {
        background: var(--paper-sunk);
      }
      .row:focus-visible {
        outline-offset: -2px;
      }
      .row > .icon {
        color: var(--ink-quiet);
        transition: transform var(--quick);
      }
      .row[aria-expanded='true'] > .icon {
        transform: rotate(180deg);
      }
      .name {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .standing {
        display: inline-flex;
        align-items: center;
        gap: 4px;
      }
      .standing .icon {
        width: 14px;
        height: 14px;
        color: var(--suspect);
      }
      .dot.hollow {
        border: 2px solid var(--dot);
        background: none;
      }
      .dot.away {
        border: 1.5px dashed var(--ink-quiet);
        background: none;
      }
      .reach {
        grid-column: 2 / -1;
        display: grid;
        grid-template-columns: minmax(0, 1fr) 17ch;
        align-items: center;
        gap: 10px;
      }
      .bar {
        height: 4px;
        overflow: hidden;
        border-radius: 2px;
        background: var(--hairline);
      }
      .bar i {
        display: block;
        height: 100%;
        background: var(--accent);
        transform-origin: left;
      }
      .reach .mono {
        text-align: end;
        white-space: nowrap;
      }
      .heal {
        margin-top: 8px;
      }
      @media (max-width: 719px) {
        li {
          margin-inline: -16px;
        }
        .row {
          padding-inline: 16px;
        }
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  declare open: MemberId | undefined
  /** Something was broken from here, and not healed since. */
  declare isBroken: boolean
  readonly #view = new Watch(this, () => this.store?.decisions)
  readonly #peers = new Watch(this, () => this.store?.peers)
  readonly #attempt = new Attempt(this)

  constructor() {
    super()
    this.isBroken = false
  }

  override render() {
    const view = this.#view.value
    if (!this.store || !view || !this.#peers.value) return nothing
    const names = namesOf(this.store)
    const { members } = view
    const learners = members.filter(({ seat }) => seat === 'learner').length
    const shown = [...members].sort(
      (one, other) => seatRank[one.seat] - seatRank[other.seat] || (one.member < other.member ? -1 : 1),
    )
    const knows = members.some(member => reachOf(member, view) !== undefined)
    return html`<div class="heading">
        <h3>Members</h3>
        <span class="small quiet">${plural(view.quorum.voters, 'voter')}${learners > 0 ? `, ${plural(learners, 'learner')}` : ''}</span>
      </div>
      <ul>
        ${repeat(
          shown,
          ({ member }) => member,
          member => this.#row(member, view, names),
        )}
      </ul>
      ${knows && members.some(member => !reachOf(member, view)) ? html`<p class="small quiet">How far the other copies reach is known in the leader’s tab only.</p>` : nothing}
      ${this.isBroken ? html`<wa-button class="heal" variant="brand" @click=${() => this.#heal()}>Heal all</wa-button>` : nothing} ${this.#attempt.line()}`
  }

  #row(member: MemberView, view: DecisionsView, names: Names) {
    const isOpen = this.open === member.member
    const leads = member.member === view.leader?.member
    const reach = reachOf(member, view)
    // A tab that took over others' copies: its rows are told apart by the member.
    const isDoubled = view.members.filter(({ host }) => host && host === member.host).length > 1
    const shape = !member.isLive ? 'away' : member.seat === 'voter' ? '' : 'hollow'
    return html`<li>
      <button
        class="row"
        aria-expanded=${isOpen}
        style=${styleMap({ '--dot': peerColour(member.host ?? member.member) })}
        @click=${() => this.#turn(member.member)}
      >
        <span class="dot ${shape}"></span>
        <span class="name">
          ${capitalised(memberName(member, names))}
          ${isDoubled ? html`<span class="mono small quiet" title=${member.member}>${shortId(member.member)}</span>` : nothing}
        </span>
        <span class="standing small ${leads ? '' : 'quiet'}">
          ${leads ? icon('crown') : nothing}${standing(leads ? { ...member, role: 'leader' } : member)}
        </span>
        ${icon('down')}
        ${
          reach
            ? html`<span class="reach">
                <span class="bar"><i style=${styleMap({ transform: `scaleX(${reach.part})` })}></i></span>
                <span class="mono small quiet"><span class="unseen">has entries up to </span>${reach.words}</span>
              </span>`
            : nothing
        }
      </button>
      ${isOpen ? html`<member-card .store=${this.store} .member=${member} @break=${() => this.#broke()}></member-card>` : nothing}
    </li>`
  }

  #broke(): void {
    this.isBroken = true
    this.#attempt.tell(undefined)
  }

  #heal(): void {
    this.#attempt.with(this.store?.handle.value, async ({ faults }) => {
      await faults.heal()
      this.isBroken = false
      return 'Everything that was broken on purpose is whole again.'
    })
  }

  #turn(member: MemberId): void {
    this.open = this.open === member ? undefined : member
  }
}
customElements.define('member-list', MemberList)
