/** One member: its identity, what closing its tab would do, and the ways to try it out. */
import { css, html, LitElement, nothing } from 'lit'
import '@awesome.me/webawesome/dist/components/button/button.js'
import type { PeerId } from '../../base/ids.ts'
import type { DecisionsView, MemberView } from '../../consensus/decisions/types.ts'
import { count, shortId } from '../format.ts'
import { factsStyles } from '../look/facts-styles.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { Attempt } from './attempt.ts'
import { freezeMs } from './limits.ts'
import { namesOf, peerName } from './names.ts'
import { sectionStyles } from './section-styles.ts'
import { ifClosed } from './sentence.ts'
import '../look/confirm-button.ts'
import '../look/copy-text.ts'

const freezeSeconds = freezeMs / 1_000

/** `break` tells that something was broken on purpose. */
export class MemberCard extends LitElement {
  static override properties = { store: { attribute: false }, member: { attribute: false } }
  static override styles = [
    sharedStyles,
    factsStyles,
    sectionStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 12px;
        padding: 4px 24px 16px 46px;
        border-top: 0;
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  declare member: MemberView | undefined
  readonly #view = new Watch(this, () => this.store?.decisions)
  readonly #attempt = new Attempt(this)

  override render() {
    const { member, store } = this
    const view = this.#view.value
    if (!member || !store || !view) return nothing
    const { host } = member
    return html`${this.#facts(member)}
      ${host && member.isLive ? html`<p class="small">${ifClosed(view, host, namesOf(store))}</p>` : nothing}
      <div class="actions">${this.#leading(member, view)} ${host && member.isLive ? this.#breaking(host) : nothing}</div>
      ${this.#attempt.line()}`
  }

  #facts(member: MemberView) {
    const { host, epoch, session, term, match, replication } = member
    return html`<dl class="small">
      <dt>Member</dt>
      <dd class="mono"><copy-text .text=${member.member} .shown=${shortId(member.member)}></copy-text></dd>
      ${host ? html`<dt>Lives in</dt><dd class="mono"><copy-text .text=${host} .shown=${shortId(host)}></copy-text>${member.isHostedHere ? ', this tab' : ''}</dd>` : nothing}
      ${session ? html`<dt>Session</dt><dd class="mono"><copy-text .text=${session} .shown=${shortId(session)}></copy-text></dd>` : nothing}
      ${epoch === undefined ? nothing : html`<dt>Life</dt><dd title="Each tab that takes the member over counts one up (its epoch)"><span class="mono">${count(epoch)}</span>${epoch > 1 ? `: taken over ${epoch === 2 ? 'once' : `${count(epoch - 1)} times`}` : ''}</dd>`}
      ${term === undefined ? nothing : html`<dt>Term</dt><dd class="mono">${count(term)}</dd>`}
      ${match === undefined ? nothing : html`<dt>Durable there</dt><dd><span class="mono">up to ${count(match)}</span>${replication === 'probe' ? ', being asked where it stands' : replication === 'snapshot' ? ', gets a snapshot' : ''}</dd>`}
    </dl>`
  }

  /** Any tab may ask: whoever leads hands over. */
  #leading(member: MemberView, { leader }: DecisionsView) {
    const mayLead = member.seat === 'voter' && member.isLive && leader !== undefined && member.member !== leader.member
    return mayLead
      ? html`<wa-button size="s" appearance="outlined" ?loading=${this.#attempt.isRunning} @click=${() => this.#lead(member)}>Make it the leader</wa-button>`
      : nothing
  }

  #breaking(host: PeerId) {
    const isJoined = this.store?.handle.value !== undefined
    const isSelf = host === this.store?.self.value?.id
    return html`${
      isJoined
        ? html`<wa-button size="s" appearance="outlined" @click=${() => this.#freeze(host)}>Freeze for ${freezeSeconds} s</wa-button>
            ${isSelf ? nothing : html`<wa-button size="s" appearance="outlined" @click=${() => this.#cut(host)}>Cut from this tab</wa-button>`}`
        : nothing
    }
    ${isSelf ? html`<confirm-button label="Close this tab" question="Close it now?" yes="Close" @confirm=${close}></confirm-button>` : nothing}`
  }

  #lead(member: MemberView): void {
    this.#attempt.with(this.store?.handle.value, async ({ decisions }) => {
      await decisions.stepDown(member.member)
      return 'Handed over.'
    })
  }

  #freeze(host: PeerId): void {
    this.#attempt.with(this.store?.handle.value, async ({ faults }) => {
      await faults.pause({ target: [host], forMs: freezeMs })
      this.dispatchEvent(new Event('break'))
      return `Frozen for ${freezeSeconds} s: it hears and says nothing, as in a phone’s pocket.`
    })
  }

  #cut(host: PeerId): void {
    const name = this.store ? peerName(host, namesOf(this.store)) : shortId(host)
    this.#attempt.with(this.store?.handle.value, async ({ faults }) => {
      await faults.cut(host)
      this.dispatchEvent(new Event('break'))
      return `The link to ${name} is cut. The others may still reach it.`
    })
  }
}
customElements.define('member-card', MemberCard)

/** A page may close only windows that a page opened; leaving it for an empty one ends its engine just the same. */
function close(): void {
  window.close()
  location.replace('about:blank')
}
