/** Faults of a mesh that is not there: asked for, listed and healed as the engine does it, and without any effect. */
import { MeshError } from '../../src/base/errors.ts'
import type { PeerId } from '../../src/base/ids.ts'
import { type FaultsHandle, faultsHandle } from '../../src/engine/faults-handle.ts'
import type { FaultInfo, FaultOutcome, FaultRequest } from '../../src/mesh/types.ts'

/** Faults that are felt beside a member. */
export interface MemberFaults {
  /** These peers hear and say nothing for a while. */
  pause(options: { readonly target: readonly PeerId[]; readonly forMs: number }): Promise<unknown>
  /** No link between this peer and that one. */
  cut(peer: PeerId): Promise<unknown>
  /** Everything that was broken on purpose is whole again. */
  heal(): Promise<unknown>
}

export class FakeFaults {
  readonly #self: PeerId
  readonly #others: () => readonly PeerId[]
  readonly #changed: () => void
  #made = 0
  list: readonly FaultInfo[] = []

  constructor(self: PeerId, others: () => readonly PeerId[], changed: () => void) {
    this.#self = self
    this.#others = others
    this.#changed = changed
  }

  /** Those who decide feel what is done to them. */
  handle(felt: MemberFaults): FaultsHandle {
    const handle = faultsHandle(
      request => this.request(request),
      () => this.list,
    )
    return {
      ...handle,
      pause: async options => {
        const { target, forMs = 10_000 } = options ?? {}
        if (Array.isArray(target)) await felt.pause({ target, forMs })
        return handle.pause(options)
      },
      cut: async (target, options) => {
        if (typeof target === 'string' && target !== 'all') await felt.cut(target)
        return handle.cut(target, options)
      },
      heal: async which => {
        await felt.heal()
        return handle.heal(which)
      },
    }
  }

  async request(request: FaultRequest): Promise<FaultOutcome> {
    const confirmed = this.#others()
    if (request.kind === 'heal') {
      const { id } = request
      this.list = this.list.filter(fault => id !== undefined && fault.id !== id)
      this.#changed()
      return { id: undefined, confirmed, unconfirmed: [] }
    }
    const { forMs } = request
    if (forMs !== undefined && !(forMs > 0)) throw new MeshError('invalid-option', 'forMs must be more than 0')
    const target = 'target' in request ? request.target : undefined
    const peers =
      target === undefined ? [this.#self] : typeof target === 'string' && target !== 'all' ? [target] : target
    const command = (
      request.kind === 'partition'
        ? { kind: 'partition', groups: request.groups }
        : { direction: 'both', jitterMs: 0, ...request, peers }
    ) as FaultInfo['command']
    const isRoom = request.kind === 'partition' || request.kind === 'pause' || request.room === true
    this.add(command, isRoom ? 'room' : 'own', this.#self, 0, forMs)
    return { id: this.list.at(-1)?.id, confirmed: isRoom ? confirmed : [], unconfirmed: [] }
  }

  add(command: FaultInfo['command'], scope: FaultInfo['scope'], by: PeerId, agoMs: number, forMs?: number): void {
    const sinceMs = Date.now() - agoMs
    const untilMs = forMs === undefined ? undefined : sinceMs + forMs
    this.list = [...this.list, { id: `fault-${++this.#made}`, command, scope, by, actsHere: true, sinceMs, untilMs }]
    this.#changed()
  }

  /** One of each kind that people see. */
  show([one, two, three]: readonly PeerId[]): void {
    if (!one || !two || !three) return
    const own = this.#self
    this.add(
      {
        kind: 'partition',
        groups: [
          [own, one],
          [two, three],
        ],
      },
      'room',
      two,
      95_000,
    )
    this.add({ kind: 'delay', ms: 200, jitterMs: 50, peers: [one], direction: 'both' }, 'own', own, 12_000, 60_000)
    this.add({ kind: 'loss', share: 0.3, peers: 'all', direction: 'out' }, 'room', own, 4_000)
  }
}
