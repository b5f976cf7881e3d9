/** Begins histories, from nothing or from a copy of another, and lets ours go where another goes on. */
import type { Clock } from '../../base/clock.ts'
import { MeshError, toMeshError } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import type { MemberId } from '../raft/messages.ts'
import { genesisState } from '../raft/restore.ts'
import { sessionMachine } from '../raft/sessions.ts'
import type { Council } from './council.ts'
import type { Hosting } from './hosting.ts'
import type { DecisionsPlatform } from './platform.ts'
import { emptyRegister, Register } from './register/machine.ts'
import type { GenerationInfo } from './wire.ts'

export interface FoundingOptions {
  readonly clock: Clock
  readonly newId: () => string
  readonly council: Council
  readonly hosting: Hosting
  readonly platform: DecisionsPlatform
  readonly count: (counter: string) => void
  readonly onTrouble: (error: MeshError) => void
}

export class Founding {
  readonly #options: FoundingOptions

  constructor(options: FoundingOptions) {
    this.#options = options
  }

  /** A new history with one voter, from nothing or from a copy. */
  async begin(data?: { readonly state: unknown; readonly origin: GenerationInfo['parent'] }): Promise<void> {
    const { clock, newId } = this.#options
    const bornAtMs = clock.nowMs()
    const id = `${bornAtMs.toString(36)}-${newId()}`
    const parent = data?.origin
    const origin = { bornAtMs, ...(parent && { parent }) }
    const machine = sessionMachine(new Register())
    if (data) machine.load(data.state)
    const saved = machine.save() as { inner: { [field: string]: Json } }
    const inner = data ? { ...saved.inner, decided: 0, origin } : emptyRegister(origin)
    this.#options.council.follow({ id, decided: 0, ...origin })
    const state = { ...saved, inner }
    const first = await this.#options.hosting.create(member =>
      genesisState({ member, generation: id, voters: [member], data: state }),
    )
    if (!first) this.#options.council.follow(undefined) // nothing could be stored: there is no such history
  }

  async yieldTo(generation: GenerationInfo): Promise<void> {
    const { council, platform } = this.#options
    const former = council.generation
    const isEmpty = former?.decided === 0
    // Also what lies here and nobody hosts, or the next tab of this browser would find it and return to it.
    const stored = await platform.stores.list().catch(() => [])
    const orphans = stored.filter(one => one.generation === former?.id && !council.isLive(one.member))
    if (council.generationId !== former?.id) return
    const members = [...new Set([...this.#dismiss(), ...orphans.map(({ member }) => member)])]
    council.follow(generation) // in the same breath: whoever else tells of it finds us there already
    this.#options.count('decisions.histories-yielded')
    await this.#putAway(members, isEmpty)
    await this.#options.hosting.ensure()
  }

  /** The members that live here are hosted no more. Those of siblings are theirs. */
  #dismiss(): MemberId[] {
    const members = [...this.#options.council.hosted.keys()]
    this.#options.hosting.releaseAll()
    return members
  }

  async #putAway(members: readonly MemberId[], isEmpty: boolean): Promise<void> {
    const { stores } = this.#options.platform
    for (const member of members)
      await (isEmpty ? stores.remove(member) : stores.setAside(member)).catch(error =>
        this.#options.onTrouble(toMeshError(error, 'storage-lost')),
      )
  }

  async continueFromHere(): Promise<void> {
    const copy = this.#options.council.bestCopy
    const generation = this.#options.council.generation
    if (!copy || !generation) throw new MeshError('storage-lost', 'This peer has no copy to continue from')
    const state = copy.machine.save()
    const origin = { generation: generation.id, decided: copy.register.decided }
    const members = this.#dismiss()
    await this.begin({ state, origin })
    await this.#putAway(members, false)
    if (this.#options.council.hosted.size === 0)
      throw new MeshError('storage-lost', 'The new history could not be stored')
  }
}
