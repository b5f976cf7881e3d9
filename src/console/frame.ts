/** Work for the next animation frame, once, however often it is asked for. A hidden page draws nothing, and once on its return. */
export class Frame {
  readonly #draw: (atMs: number) => void
  readonly #page: Document
  #isWanted = false
  #request: number | undefined

  constructor(draw: (atMs: number) => void, page: Document = document) {
    this.#draw = draw
    this.#page = page
    page.addEventListener('visibilitychange', this.#onVisibility)
  }

  request(): void {
    this.#isWanted = true
    if (this.#page.hidden || this.#request !== undefined) return
    this.#request = requestAnimationFrame(atMs => {
      this.#request = undefined
      this.#isWanted = false
      this.#draw(atMs)
    })
  }

  close(): void {
    this.#page.removeEventListener('visibilitychange', this.#onVisibility)
    this.#cancel()
  }

  readonly #onVisibility = (): void => {
    if (this.#page.hidden) this.#cancel()
    else if (this.#isWanted) this.request()
  }

  #cancel(): void {
    if (this.#request !== undefined) cancelAnimationFrame(this.#request)
    this.#request = undefined
  }
}
