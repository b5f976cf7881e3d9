/** Tells the mesh how busy this peer is: the first change at once, later ones at most every `loadIntervalMs`. */
import type { Clock } from '../base/clock.ts'
import type { Mesh } from '../mesh/types.ts'
import { loadIntervalMs } from './limits.ts'

export function announceLoad(mesh: Mesh, clock: Clock, slots: number): { busy(count: number): void; close(): void } {
  let latest = 0
  let announced = -1
  let cancel: (() => void) | undefined
  const tell = () => {
    cancel = undefined
    if (latest === announced) return
    announced = latest
    mesh.announce({ load: { slots, busy: latest } })
    cancel = clock.after(loadIntervalMs, tell)
  }
  tell()
  return {
    busy(count) {
      latest = count
      if (!cancel) tell()
    },
    close: () => cancel?.(),
  }
}
