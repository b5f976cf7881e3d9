/** The room this page is in: joins, leaves for another, and remembers the latest of what the engine told. Knows nothing of drawing. */
import { toMeshError } from '../base/errors.ts'
import type { MeshHandle } from '../engine/handle.ts'
import type { MeshSnapshot } from '../engine/snapshot.ts'
import type { RoomLink } from './room-url.ts'

export interface JoinOptions extends RoomLink {
  readonly onSnapshot?: (snapshot: MeshSnapshot) => void
}
export type JoinMesh = (options: JoinOptions) => Promise<MeshHandle>

/** Why there is no mesh: `code` of a MeshError. */
export interface Failure {
  readonly code: string
  readonly message: string
}

export class Session {
  readonly #joinMesh: JoinMesh
  readonly #listeners = new Set<() => void>()
  #joining: Promise<MeshHandle> | undefined
  #link: RoomLink | undefined
  #handle: MeshHandle | undefined
  #snapshot: MeshSnapshot | undefined
  #failure: Failure | undefined

  constructor(joinMesh: JoinMesh) {
    this.#joinMesh = joinMesh
  }

  /** Settles when the latest room is joined, or cannot be. */
  get ready(): Promise<MeshHandle> | undefined {
    return this.#joining
  }
  get link(): RoomLink | undefined {
    return this.#link
  }
  get handle(): MeshHandle | undefined {
    return this.#handle
  }
  get snapshot(): MeshSnapshot | undefined {
    return this.#snapshot
  }
  get failure(): Failure | undefined {
    return this.#failure
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Leaves the room it is in, or still joining, and joins this one. */
  join(link: RoomLink): Promise<MeshHandle> {
    const previous = this.#joining
    this.#link = link
    this.#handle = undefined
    this.#snapshot = undefined
    this.#failure = undefined
    const joining = this.#enter(link, previous)
    this.#joining = joining
    this.#tell()
    joining.catch(thrown => {
      if (this.#joining !== joining) return
      const { code, message } = toMeshError(thrown, 'dial-failed')
      this.#failure = { code, message }
      this.#tell()
    })
    return joining
  }

  async #enter(link: RoomLink, previous: Promise<MeshHandle> | undefined): Promise<MeshHandle> {
    // Whoever never got in has nothing to leave, and one who cannot leave properly is gone all the same.
    void previous?.then(old => old.leave({ reason: 'another room' })).catch(() => {})
    let isCurrent = true
    const onSnapshot = (snapshot: MeshSnapshot) => {
      if (!isCurrent || this.#link !== link) return
      this.#snapshot = snapshot
      this.#tell()
    }
    const handle = await this.#joinMesh({ ...link, onSnapshot })
    isCurrent = false
    if (this.#link !== link) return handle
    this.#handle = handle
    this.#snapshot = handle.snapshot
    const follow = (snapshot: MeshSnapshot) => {
      if (this.#handle !== handle) return
      this.#snapshot = snapshot
      this.#tell()
    }
    handle.on('snapshot', follow)
    handle.on('timeline', () => this.#handle === handle && this.#tell())
    this.#tell()
    return handle
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}
