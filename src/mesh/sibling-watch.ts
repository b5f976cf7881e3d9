/** Watches the sessions of this browser, whose end its locks tell sooner and more surely than any network. */
import type { SessionId } from '../base/ids.ts'
import type { Member } from './membership/state.ts'
import type { MeshOptions } from './options.ts'

export class SiblingWatch {
  readonly #browser: string
  readonly #watch: MeshOptions['watchSession']
  readonly #onGone: (member: Member) => void
  readonly #stops = new Map<SessionId, () => void>()

  constructor(options: Pick<MeshOptions, 'browser' | 'watchSession'>, onGone: (member: Member) => void) {
    this.#browser = options.browser
    this.#watch = options.watchSession
    this.#onGone = onGone
  }

  joined(member: Member): void {
    const { browser, session } = member.announcement
    if (!this.#watch || browser !== this.#browser) return
    this.#stops.set(
      session,
      this.#watch(session, () => this.#onGone(member)),
    )
  }

  departed(member: Member): void {
    const { session } = member.announcement
    this.#stops.get(session)?.()
    this.#stops.delete(session)
  }

  close(): void {
    for (const stop of this.#stops.values()) stop()
  }
}
