/** A frame after a pause comes at once; those that follow closely are drawn together, at most once every `flushApartMs`. */
import { Frame } from './frame.ts'
import { flushApartMs } from './limits.ts'

export class PacedFrame {
  readonly #frame: Frame
  #wait: ReturnType<typeof setTimeout> | undefined
  #drawnAtMs = Number.NEGATIVE_INFINITY

  constructor(draw: () => void) {
    this.#frame = new Frame(() => {
      this.#drawnAtMs = performance.now()
      draw()
    })
  }

  request(): void {
    if (this.#wait !== undefined) return
    const waitMs = this.#drawnAtMs + flushApartMs - performance.now()
    if (waitMs <= 0) return this.#frame.request()
    this.#wait = setTimeout(() => {
      this.#wait = undefined
      this.#frame.request()
    }, waitMs)
  }

  close(): void {
    clearTimeout(this.#wait)
    this.#frame.close()
  }
}
