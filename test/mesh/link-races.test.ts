/**
 * Simultaneous dials, duplicate links and reloads: whatever the order, one connection per peer session, over which gossip is alive.
 * `LINK_RACES=1000 npx vitest run --project unit test/mesh/link-races.test.ts` for all of them; every test run takes a sample.
 */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterEach, expect, test } from 'vitest'
import { integerBelow } from '../../src/base/random.ts'
import type { MeshPeer } from '../../src/mesh/mesh.ts'
import { seededRandom } from '../link/support/turns.ts'
import { MemoryRoom, sees, until } from './support/memory-mesh.ts'

const trials = Number(process.env.LINK_RACES ?? 12)
const room = new MemoryRoom()
afterEach(() => room.close())

test(
  `${trials} races end with one connection, and broadcasts cross it both ways`,
  async () => {
    const random = seededRandom(7)
    const key = (await generateKeyPair('Ed25519')) as never
    const ada = await room.join('Ada')
    let bob = await room.join('Bob', { key })
    const heard: string[] = []
    ada.subscribe('race', payload => heard.push(`ada ${payload}`))
    const listen = (peer: MeshPeer) => peer.subscribe('race', payload => heard.push(`bob ${payload}`))
    listen(bob)
    const wait = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))
    for (let trial = 0; trial < trials; trial++) {
      const dials = [() => ada.dial(bob.id), () => bob.dial(ada.id)]
      const kind = ['both dial', 'cut and dial', 'dial twice', 'reload'][integerBelow(random, 4)]
      if (kind === 'reload') {
        const former = bob
        const begun = former.dial(ada.id).catch(() => {})
        room.crash(former)
        bob = await room.join('Bob', { key })
        listen(bob)
        await begun
      } else {
        if (kind !== 'dial twice') void (integerBelow(random, 2) ? ada.cut(bob.id) : bob.cut(ada.id))
        const order = integerBelow(random, 2) ? dials : dials.reverse()
        const begun = order.map(async dial => {
          await wait(integerBelow(random, 4)) // by chance, so that offers cross in every way
          await dial().catch(() => {})
        })
        await Promise.all(begun)
      }
      const isOne = () =>
        [ada, bob].every(peer => peer.links.length === 1) && sees(ada, [ada, bob]) && sees(bob, [ada, bob])
      await until(isOne, `trial ${trial}, ${kind}: one link at either end`)
      await ada.broadcast('race', `${trial} of ada`)
      await bob.broadcast('race', `${trial} of bob`)
      const both = () => heard.includes(`bob ${trial} of ada`) && heard.includes(`ada ${trial} of bob`)
      await until(both, `trial ${trial}, ${kind}: broadcasts arrive`)
    }
    expect(heard.filter(word => word.startsWith('ada')).length).toBe(trials) // each once
  },
  20_000 + 2_000 * trials,
)
