/** Whether typed source may run here: a stranger's only once a person, or the room's policy, has said so. */
import type { PeerId } from '../../base/ids.ts'
import type { JobSpec } from '../types.ts'

export type AllowSource = (spec: JobSpec) => boolean | Promise<boolean>
export type Consent = 'granted' | 'refused' | 'pending'

export class Consents {
  readonly #self: PeerId
  readonly #allow: AllowSource | undefined
  readonly #onAnswer: () => void
  readonly #answers = new Map<string, Consent>()

  constructor(self: PeerId, allow: AllowSource | undefined, onAnswer: () => void) {
    this.#self = self
    this.#allow = allow
    this.#onAnswer = onAnswer
  }

  /** Asks at the first call for a job. One's own source needs no leave; without somebody to ask, a stranger's is refused. */
  of(spec: JobSpec): Consent {
    if (spec.program.kind !== 'source' || spec.submittedBy === this.#self) return 'granted'
    if (!this.#allow) return 'refused'
    const known = this.#answers.get(spec.id)
    if (known) return known
    this.#answers.set(spec.id, 'pending')
    void this.#ask(spec, this.#allow)
    return 'pending'
  }

  forget(spec: JobSpec): void {
    this.#answers.delete(spec.id)
  }

  async #ask(spec: JobSpec, allow: AllowSource): Promise<void> {
    const isAllowed = await Promise.resolve(allow(spec)).catch(() => false)
    if (!this.#answers.has(spec.id)) return
    this.#answers.set(spec.id, isAllowed ? 'granted' : 'refused')
    this.#onAnswer()
  }
}
