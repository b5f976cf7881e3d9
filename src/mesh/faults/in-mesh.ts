/** The faults of one peer of a mesh: what its orders travel by, and what a healed link sets going. */
import type { MeshParts } from '../parts.ts'
import { Faults } from './driver.ts'
import type { FaultEvent } from './types.ts'

const topic = 'faults'

export function faultsIn(parts: MeshParts, onEvent: (event: FaultEvent) => void): Faults {
  const { options, signer, count, sessionOf } = parts
  const { clock, random, newId, session, room } = options
  return new Faults({
    clock,
    random,
    newId,
    signer,
    session,
    count,
    sessionOf,
    // Who was given up may only be cut off, and stays a candidate.
    others: () => {
      const peers = new Set([...parts.lobby().candidates.keys(), ...parts.membership().members.keys()])
      return [...peers].flatMap(peer => {
        const known = sessionOf(peer)
        return known ? [{ peer, session: known }] : []
      })
    },
    isMember: peer => parts.membership().members.has(peer),
    send: (to, record) => parts.exchange().send(to, topic, record, { timeoutMs: 3_000 }),
    carry: (to, record) =>
      void parts
        .signals()
        .seal(record)
        .then(sealed => parts.lobby().carry(to.session, sealed)),
    // Whoever has a private room's key is trusted; anybody can come into a public one.
    obeys: options.roomFaults ?? room.isPrivate,
    onEvent,
    onHealed: () => parts.overlay().healed(),
  })
}

/** Listens for orders that come through the mesh. */
export function takeOrders(parts: MeshParts, faults: Faults): void {
  parts.exchange().subscribe(topic, record => void faults.receive(record))
}
