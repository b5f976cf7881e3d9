/** What this peer announces of itself, apart from its links: what it was made with, and what it changed since. */
import { checkedAnnounced } from './announcement.ts'
import type { MeshOptions } from './options.ts'
import type { Announcement } from './peer.ts'

export type OwnAnnounced = Readonly<Pick<Announcement, 'name' | 'capabilities' | 'load'>>

export class OwnWords {
  readonly #options: Pick<MeshOptions, 'device' | 'browser'>
  #announced: OwnAnnounced

  constructor({ name, capabilities, device, browser }: MeshOptions) {
    this.#options = { device, browser }
    this.#announced = checkedAnnounced({ name, capabilities, load: { slots: 0, busy: 0 } })
  }

  get announced(): OwnAnnounced {
    return this.#announced
  }

  /** Throws where others would drop it. */
  change(change: Partial<OwnAnnounced>): void {
    this.#announced = checkedAnnounced({ ...this.#announced, ...change })
  }

  describe(links: Announcement['links']): Omit<Announcement, 'session' | 'sequence'> {
    const { device, browser } = this.#options
    return { ...this.#announced, device, browser, links }
  }
}
