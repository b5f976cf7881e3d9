/** Where am I, who am I, how is it going, and bring somebody in: one line, always there. */
import { css, html, LitElement } from 'lit'
import '@awesome.me/webawesome/dist/components/button/button.js'
import { plural } from '../format.ts'
import { icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import type { ConsoleStore } from '../store.ts'
import { Watch } from '../watch.ts'
import { healthOf } from './health.ts'
import '../command/command-launcher.ts'
import '../invite/invite-dialog.ts'
import './tab-name.ts'
import './theme-switch.ts'

export class TopBar extends LitElement {
  static override properties = { store: { attribute: false }, isInviting: { state: true } }
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: block;
        border-bottom: 1px solid var(--hairline);
      }
      header {
        display: flex;
        align-items: center;
        gap: 24px;
        height: 56px;
        padding: 0 16px 0 24px;
      }
      .room,
      .me,
      .state {
        display: flex;
        align-items: center;
        gap: 8px;
        min-width: 0;
        white-space: nowrap;
      }
      .brand {
        width: 24px;
        height: 24px;
        flex: none;
      }
      h1 {
        margin: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        font-size: var(--text-large);
        font-weight: 600;
        letter-spacing: -0.01em;
      }
      .me {
        padding-left: 24px;
        border-left: 1px solid var(--hairline);
      }
      .push {
        flex: 1;
      }
      .state {
        gap: 16px;
      }
      .count {
        min-width: 7ch;
        text-align: end;
        font-variant-numeric: tabular-nums;
      }
      .health {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        font-weight: 500;
      }
      .label {
        display: inline-flex;
        align-items: center;
        gap: 6px;
      }
      @media (max-width: 1099px) {
        header {
          gap: 16px;
        }
        .me {
          padding-left: 16px;
        }
      }
      @media (max-width: 719px) {
        header {
          gap: 8px;
          padding: 0 8px 0 16px;
        }
        .brand,
        .push,
        .lock-word {
          display: none;
        }
        .me {
          flex: 1 1 auto;
          padding-left: 0;
          border: 0;
        }
        h1 {
          font-size: var(--text);
        }
        .state {
          gap: 6px;
        }
        wa-button {
          --wa-form-control-padding-inline: 0.6em;
        }
        .count {
          min-width: 0;
        }
        .health .word,
        .invite-word,
        .count .unit {
          position: absolute;
          width: 1px;
          height: 1px;
          overflow: hidden;
          clip-path: inset(50%);
        }
      }
    `,
  ]
  declare store: ConsoleStore | undefined
  declare isInviting: boolean
  readonly #room = new Watch(this, () => this.store?.room)
  readonly #link = new Watch(this, () => this.store?.link)
  readonly #peers = new Watch(this, () => this.store?.peers)
  readonly #phase = new Watch(this, () => this.store?.phase)
  readonly #problem = new Watch(this, () => this.store?.problem)
  readonly #failure = new Watch(this, () => this.store?.failure)
  readonly #partition = new Watch(this, () => this.store?.partition)
  readonly #now = new Watch(this, () => (this.#partition.value ? this.store?.nowMs : undefined))
  readonly #handle = new Watch(this, () => this.store?.handle)

  override render() {
    const link = this.#link.value
    const name = this.#room.value?.name ?? link?.room ?? ''
    const isPrivate = this.#room.value?.isPrivate ?? link?.secret !== undefined
    const url = this.#handle.value?.inviteUrl
    return html`<header>
        <div class="room" title=${isPrivate ? 'Private room: only whoever has its link can join' : 'Public room: anybody can join and read along'}>
          <img class="brand" src="favicon.svg" alt="" />
          <h1>${name}</h1>
          ${icon(isPrivate ? 'lock' : 'globe')}
          <span class="lock-word small quiet">${isPrivate ? 'private' : 'public'}</span>
        </div>
        <div class="me"><tab-name .store=${this.store}></tab-name></div>
        <div class="push"></div>
        ${this.#state()}
        <command-launcher .store=${this.store}></command-launcher>
        <wa-button size="s" variant="brand" ?disabled=${!url} @click=${() => this.#invite(true)}>
          <span class="label">${icon('share')}<span class="invite-word">Invite</span></span>
        </wa-button>
        <theme-switch></theme-switch>
      </header>
      <invite-dialog .url=${url} .isPrivate=${isPrivate} .open=${this.isInviting ?? false} @close=${() => this.#invite(false)}></invite-dialog>`
  }

  #state() {
    const peers = this.#peers.value?.length ?? 0
    const problem = this.#problem.value ?? this.#failure.value
    const health = healthOf(this.#phase.value ?? 'joining', problem, this.#partition.value, this.#now.value)
    const [number, unit] = plural(peers, 'peer').split(' ')
    return html`<div class="state" role="status" aria-label="State of the mesh">
      <span class="count" title="${plural(peers, 'other peer')} in this room">
        <span class="mono">${number}</span> <span class="unit">${unit}</span>
      </span>
      <span class="health ${health.tone}" title=${health.detail}>${icon(health.shape)}<span class="word">${health.word}</span></span>
    </div>`
  }

  #invite(isInviting: boolean): void {
    this.isInviting = isInviting
  }
}
customElements.define('top-bar', TopBar)
